import assert from "node:assert/strict";
import { test } from "node:test";

import { outlines } from "../../../pages/slice_editor/slicewise/masks/contours.js";
import { coverPolygon } from "../../../pages/slice_editor/slicewise/masks/rasters.js";
import { maskOf, rowsOf, shapeOf, vectors } from "./vectors.mjs";

function corners(flat) {
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
}

for (const one of [...vectors("regions"), ...vectors("runs")]) {
  test(`outlines enclose exactly the mask: ${one.name}`, () => {
    const shape = shapeOf(one.mask);
    const mask = new Uint8Array(shape[0] * shape[1]);
    // Outer outlines and holes run opposite ways: each pixel inside both is turned twice.
    for (const outline of outlines(maskOf(one.mask), shape)) {
      coverPolygon(corners(outline), shape, (row, start, end) => {
        for (let column = start; column < end; column++) mask[row * shape[1] + column] ^= 1;
      });
    }
    assert.deepEqual(rowsOf(mask, shape), one.mask);
  });
}

test("an outline has corners only where it turns", () => {
  assert.deepEqual(outlines(maskOf(["....", ".##.", ".##.", "...."]), [4, 4]), [
    [3, 1, 3, 3, 1, 3, 1, 1],
  ]);
});
