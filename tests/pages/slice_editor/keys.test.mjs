import assert from "node:assert/strict";
import { test } from "node:test";

import { keyName, meaningOf } from "../../../pages/slice_editor/slicewise/input/keys.js";

test("keys mean the same with Caps Lock, and none of Streamlit's remain", () => {
  const press = (key, more = {}) => meaningOf({ key, ...more });
  assert.equal(press("b"), "brush");
  assert.equal(press("B"), "brush");
  assert.equal(press("C", { shiftKey: true }), "copy-after");
  assert.equal(press("c"), "copy-before");
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("Z", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(press("a", { ctrlKey: true }), null);
  assert.equal(press("3"), "segment 3");
  assert.equal(press("Enter", { ctrlKey: true }), "finish");
  assert.equal(press("Enter", { metaKey: true }), "finish");
  assert.notEqual(press("Enter"), "finish");
  assert.equal(keyName("Q"), "Shift+Q");
});
