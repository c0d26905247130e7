// The same vectors that tests/pages/slice_editor/test_vectors.py checks in Python.

import assert from "node:assert/strict";
import { test } from "node:test";

import { coverPolygon, coverStroke } from "../../../pages/slice_editor/slicewise/masks/rasters.js";
import * as regions from "../../../pages/slice_editor/slicewise/masks/regions.js";
import * as runs from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { concernedSegments, overwrite } from "../../../pages/slice_editor/slicewise/model/overwriting.js";
import { maskOf, rowsOf, shapeOf, vectors } from "./vectors.mjs";

function painted(shape, cover) {
  const mask = new Uint8Array(shape[0] * shape[1]);
  cover((row, start, end) => mask.fill(1, row * shape[1] + start, row * shape[1] + end));
  return rowsOf(mask, shape);
}

for (const one of vectors("runs")) {
  test(`masks have these codes: ${one.name}`, () => {
    const mask = maskOf(one.mask);
    assert.equal(runs.toBase64(runs.encodeRuns(mask)), one.code);
    assert.deepEqual(runs.decodeRuns(runs.fromBase64(one.code), mask.length), mask);
    assert.equal(runs.isEmptyCode(runs.fromBase64(one.code)), !mask.includes(1));
  });
}

for (const one of vectors("bad_runs")) {
  test(`these codes are refused: ${one.name}`, () => {
    const code = runs.fromBase64(one.code);
    assert.throws(() => runs.decodeRuns(code, one.shape[0] * one.shape[1]), RangeError);
  });
}

for (const one of vectors("strokes")) {
  test(`strokes cover these pixels: ${one.name}`, () => {
    const shape = shapeOf(one.mask);
    const cover = (paint) => coverStroke(one.points, one.radius, one.pixel_size, shape, paint);
    assert.deepEqual(painted(shape, cover), one.mask);
  });
}

for (const one of vectors("polygons")) {
  test(`polygons cover these pixels: ${one.name}`, () => {
    const shape = shapeOf(one.mask);
    assert.deepEqual(painted(shape, (paint) => coverPolygon(one.corners, shape, paint)), one.mask);
  });
}

for (const one of vectors("regions")) {
  test(`masks turn into these: ${one.name}`, () => {
    const mask = maskOf(one.mask);
    const shape = shapeOf(one.mask);
    assert.deepEqual(rowsOf(regions.grow(mask, shape), shape), one.grown);
    assert.deepEqual(rowsOf(regions.shrink(mask, shape), shape), one.shrunk);
    assert.deepEqual(rowsOf(regions.fillHoles(mask, shape), shape), one.filled);
    assert.deepEqual(rowsOf(regions.largestPart(mask, shape), shape), one.largest);
    assert.deepEqual(mask, maskOf(one.mask), "the mask given was changed");
  });
}

for (const one of vectors("overlaps")) {
  test(`drawings and other segments share these pixels: ${one.name}`, () => {
    const shape = shapeOf(one.mask);
    const size = shape[0] * shape[1];
    const codeOf = (rows) => runs.encodeRuns(maskOf(rows));
    const others = one.others.map((other, at) => ({ ...other, number: at + 2, code: codeOf(other.mask) }));
    const concerned = concernedSegments([{ ...one, number: 1 }, ...others], 1);
    const { code, taken } = overwrite(codeOf(one.before), codeOf(one.drawn), concerned, size);
    const changed = new Map(taken.map((other) => [other.number, other.code]));
    const left = others.map((other) => changed.get(other.number) ?? other.code);
    assert.deepEqual([code, ...left], [one.mask, ...one.others.map((other) => other.left)].map(codeOf));
  });
}

for (const one of vectors("floods")) {
  test(`regions of like values are these: ${one.name}`, () => {
    const shape = shapeOf(one.mask);
    const found = regions.floodFill(one.values.flat(), shape, ...one.seed, one.tolerance);
    assert.deepEqual(rowsOf(found, shape), one.mask);
  });
}
