// What a tab knows of a second series.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hasSecond, isMissingSecond, updateSecond } from "../../../pages/slice_editor/slicewise/model/second_series.js";

const SHAPE = [10, 4, 4];
const PICTURE = { shape: [4, 4], windows: [{ name: "Brain", center: 40, width: 80 }] };
const info = (more) => ({ key: "a", problem: "", picture: null, ...more });

test("slices are missing until they arrive", () => {
  const second = updateSecond(null, info({ picture: PICTURE }), SHAPE);
  assert.equal(hasSecond(second, 3), false);
  for (const slice of [2, 3, 4]) second.pixels.put(slice, new Uint16Array(16), 3);
  assert.equal(hasSecond(second, 3), true);
  assert.equal(isMissingSecond(second, 3, 10), false);
  assert.equal(isMissingSecond(second, 6, 10), true);
});

test("what is known is kept while the series is read, and dropped for another one", () => {
  const reading = updateSecond(null, info(), SHAPE);
  assert.equal(reading.pixels, null);
  const read = updateSecond(reading, info({ picture: PICTURE }), SHAPE);
  assert.equal(read, reading);
  assert.equal(read.window.name, "Brain");
  assert.notEqual(updateSecond(read, info({ key: "b" }), SHAPE), read);
});

test("nothing is asked for without a second series, or of one that cannot be read", () => {
  assert.equal(updateSecond(null, null, SHAPE), null);
  assert.equal(isMissingSecond(null, 3, 10), false);
  assert.equal(isMissingSecond(updateSecond(null, info({ problem: "Damaged." }), SHAPE), 3, 10), false);
});
