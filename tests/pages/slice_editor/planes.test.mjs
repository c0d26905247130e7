// Planes across the slices: where slices lie on them, what is interpolated, and what strokes change.

import assert from "node:assert/strict";
import { test } from "node:test";

import { forEachOnLine, setOnLine } from "../../../pages/slice_editor/slicewise/masks/lines.js";
import { decodeRuns, encodeRuns } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { coverSlabs } from "../../../pages/slice_editor/slicewise/masks/slabs.js";
import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { createDrawing } from "../../../pages/slice_editor/slicewise/tools/drawing.js";
import { brush } from "../../../pages/slice_editor/slicewise/tools/brush.js";
import { beginOnPlane } from "../../../pages/slice_editor/slicewise/tools/plane_painting.js";
import { createPlaneGrid, gapsOf, interpolatePlane, sliceAt } from "../../../pages/slice_editor/slicewise/view/plane_grid.js";
import { maskOf, STATES } from "./vectors.mjs";

const SERIES = {
  shape: [4, 6, 5],
  spacing: [4, 1, 2],
  positions: [10, 14, 18, 30], // a slice is missing
  reach: [[2, 2], [2, 2], [2, 2], [2, 2]],
  letters: ["R", "L", "A", "P"],
  normal: ["F", "H"],
};

test("slices lie on a plane as they do in the patient, heads up, with gaps where there is none", () => {
  const grid = createPlaneGrid(SERIES, "row");
  assert.equal(grid.name, "Coronal");
  assert.deepEqual(grid.letters, ["R", "L", "H", "F"]);
  assert.deepEqual(grid.shape, [12, 5]);
  assert.deepEqual(grid.spacing, [2, 2]);
  assert.deepEqual(grid.slabs.map(({ top, bottom }) => [top, bottom]), [[10, 12], [8, 10], [6, 8], [0, 2]]);
  assert.deepEqual(grid.slabs.map(({ middle }) => middle), [22, 18, 14, 2]);
  assert.deepEqual(gapsOf(grid), [[2, 6]]);
  assert.deepEqual([0, 3, 5, 13, 23.9, 40].map((depth) => sliceAt(grid, depth)), [3, 3, 3, 2, 0, 0]);
  assert.equal(createPlaneGrid(SERIES, "column").name, "Sagittal");
});

test("slices without a place in the patient lie evenly, the first at the top", () => {
  const grid = createPlaneGrid(
    { ...SERIES, positions: null, reach: null, letters: ["", "", "", ""], normal: ["", ""] }, "column",
  );
  assert.equal(grid.name, "Along the columns");
  assert.deepEqual(grid.slabs.map(({ low, high }) => [low, high]), [[0, 4], [4, 8], [8, 12], [12, 16]]);
  assert.deepEqual(grid.shape, [16, 6]);
});

test("values between the middles of slices are interpolated", () => {
  const even = { ...SERIES, positions: [0, 4, 8, 12], normal: ["H", "F"] };
  const grid = createPlaneGrid(even, "row");
  const numbers = Uint16Array.from([0, 100, 200, 60], (value) => value).reduce((all, value, slice) => {
    all.fill(value, slice * 5, slice * 5 + 5);
    return all;
  }, new Uint16Array(20));
  const shown = interpolatePlane(grid, numbers);
  const column = Array.from({ length: 8 }, (_, row) => shown[row * 5]);
  assert.deepEqual(column, [0, 25, 75, 125, 175, 165, 95, 60]);
});

test("a row and a column of a mask are read and changed", () => {
  const mask = maskOf([".##..", ".#...", "##..#"]);
  const shape = [3, 5];
  const read = (axis, index) => {
    const found = [];
    forEachOnLine(encodeRuns(mask), { axis, index }, shape, (start, end) => found.push([start, end]));
    return found;
  };
  assert.deepEqual(read("row", 0), [[1, 3]]);
  assert.deepEqual(read("row", 2), [[0, 2], [4, 5]]);
  assert.deepEqual(read("column", 1).flatMap(([start, end]) => Array.from({ length: end - start }, (_, at) => start + at)), [0, 1, 2]);
  setOnLine(mask, { axis: "column", index: 4 }, shape, 0, 2, 1);
  assert.deepEqual(read("column", 4).flat(), [0, 1, 1, 2, 2, 3]);
});

/** Distance of the upright stretch of a pixel centre within a slab from a stroke, by trying depths. */
function distanceToSlab([[x0, y0], [x1, y1]], x, { low, high }) {
  const length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  let least = Infinity;
  for (let part = 0; part <= 400; part++) {
    const y = low + ((high - low) * part) / 400;
    const t = length2 > 0 ? Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length2, 0), 1) : 0;
    least = Math.min(least, Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)));
  }
  return least;
}

test("a stroke covers the pixels whose centres it reaches at some depth of their slab", () => {
  const slabs = [{ low: 0, high: 5 }, { low: 5, high: 6 }, { low: 8, high: 16 }, { low: 16, high: 24 }];
  const [step, count] = [0.7, 40];
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let trial = 0; trial < 60; trial++) {
    const points = [[random() * 28, random() * 24], [random() * 28, random() * 24]];
    const radius = 0.5 + random() * 5;
    const found = slabs.map(() => new Uint8Array(count));
    coverSlabs(points, radius, slabs, step, count, (slice, start, end) => found[slice].fill(1, start, end));
    slabs.forEach((slab, slice) => {
      for (let place = 0; place < count; place++) {
        const distance = distanceToSlab(points, (place + 0.5) * step, slab);
        if (Math.abs(distance - radius) > 0.02) assert.equal(found[slice][place], distance < radius ? 1 : 0);
      }
    });
  }
});

test("a brush thinner than a slab changes it, and only the one that it is in", () => {
  const slabs = [{ low: 0, high: 10 }, { low: 10, high: 20 }];
  const changed = (depth) => {
    const found = [];
    coverSlabs([[3.5, depth]], 0.5, slabs, 1, 8, (slice, start, end) => found.push([slice, start, end]));
    return found;
  };
  assert.deepEqual(changed(5), [[0, 3, 4]]);
  assert.deepEqual(changed(10), [[0, 3, 4], [1, 3, 4]]);
  assert.deepEqual(changed(9.5), [[0, 3, 4]]);
});

function drawn({ size, sphere = false, mostSlices = 4 }, points) {
  const [, rows, columns] = SERIES.shape;
  const annotation = createAnnotation({ client: "a", size: rows * columns, states: STATES });
  annotation.receive({ answers: [], changes: [], full: true, epoch: "e", revision: 1, ends: [], steps: { undo: null, redo: null } }, 0);
  const app = { annotation, segment: 1, slice: 0, size, sphere, tool: "brush", info: { ...SERIES, mostSlices } };
  const drawing = createDrawing(app, { painted() {}, changed() {} });
  const grid = createPlaneGrid(app.info, "row");
  const [first, ...rest] = points;
  drawing.take(beginOnPlane(drawing.context, grid, 2, first, { tool: brush, erase: false }, () => {}));
  drawing.move(rest);
  assert.ok(drawing.isDown());
  drawing.end();
  const slices = annotation.outbox.pending().flatMap(({ changes }) => changes);
  return Object.fromEntries(slices.map(({ slice, code }) => [slice, decodeRuns(code, rows * columns)]));
}

test("a stroke on a plane is one message about every slice that it crosses", () => {
  const masks = drawn({ size: 2 }, [[5, 23], [5, 15]]);
  assert.deepEqual(Object.keys(masks), ["0", "1", "2"]);
  for (const mask of Object.values(masks)) {
    assert.deepEqual([...mask.keys()].filter((place) => mask[place] === 1), [2 * 5 + 2]);
  }
});

test("a stroke changes no more slices than one message may", () => {
  assert.equal(Object.keys(drawn({ size: 2, mostSlices: 2 }, [[5, 23], [5, 15]])).length, 2);
});

test("a sphere on a plane is a sphere", () => {
  const { 1: mask, ...others } = drawn({ size: 3, sphere: true }, [[5, 18]]);
  assert.deepEqual(others, {});
  const rows = [...mask.keys()].filter((place) => mask[place] === 1).map((place) => Math.floor(place / 5));
  assert.deepEqual(rows, [1, 2, 3]);
});
