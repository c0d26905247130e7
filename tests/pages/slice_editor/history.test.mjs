import assert from "node:assert/strict";
import { test } from "node:test";

import { createHistory } from "../../../pages/slice_editor/slicewise/model/history.js";

test("steps are taken back newest first and brought back in order", () => {
  const history = createHistory();
  for (const number of [1, 2, 3]) history.push({ number });
  assert.deepEqual([history.undo().number, history.undo().number], [3, 2]);
  assert.equal(history.newest(), 1);
  assert.deepEqual([history.redo().number, history.redo().number, history.redo()], [2, 3, null]);
});

test("a new step ends what could be brought back", () => {
  const history = createHistory();
  history.push({ number: 1 });
  history.undo();
  history.push({ number: 2 });
  assert.equal(history.canRedo(), false);
  assert.equal(history.undo().number, 2);
  assert.equal(history.undo(), null);
});

test("thousands of steps are kept", () => {
  const history = createHistory();
  for (let number = 0; number < 20000; number++) history.push({ number });
  for (let number = 19999; number >= 0; number--) assert.equal(history.undo().number, number);
});
