import assert from "node:assert/strict";
import { test } from "node:test";

import {
  createPixelStore,
  unpackPixels,
} from "../../../pages/slice_editor/slicewise/model/pixels.js";
import { fromBase64 } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { greyTable } from "../../../pages/slice_editor/slicewise/view/windowing.js";
import { vectors } from "./vectors.mjs";

for (const one of vectors("pixels")) {
  test(`packed slices hold these numbers: ${one.name}`, async () => {
    const numbers = await unpackPixels(fromBase64(one.packed), ...one.shape);
    assert.deepEqual([...numbers], one.numbers);
  });
}

test("a slice that came in pieces is refused", async () => {
  const [one] = vectors("pixels");
  await assert.rejects(unpackPixels(fromBase64(one.packed), one.shape[0] + 1, one.shape[1]));
});

test("the slices farthest away make room for others", () => {
  const store = createPixelStore(4096, 4096);
  for (let slice = 0; slice < 40; slice++) store.put(slice, new Uint16Array(1), slice);
  assert.equal(store.has(39), true);
  assert.equal(store.has(0), false);
});

test("slices that are shown soon stay, however far they are", () => {
  const store = createPixelStore(4096, 4096);
  for (let slice = 0; slice < 40; slice++) store.put(slice, new Uint16Array(1), slice, [2, 3]);
  assert.deepEqual([1, 2, 3, 4, 39].map(store.has), [false, true, true, false, true]);
});

for (const one of vectors("greys")) {
  test(`windows give these greys: ${one.name}`, () => {
    const table = greyTable(one.window, one.scale);
    assert.deepEqual(
      one.numbers.map((number) => table[number] & 0xff),
      one.greys,
    );
  });
}
