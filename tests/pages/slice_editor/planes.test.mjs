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
  shifts: [[0, 0], [0, 0], [0, 0], [0, 0]],
  upright: { row: ["F", "H"], column: ["F", "H"] },
};

test("slices lie on a plane as they do in the patient, heads up, with gaps where there is none", () => {
  const grid = createPlaneGrid(SERIES, "row");
  assert.equal(grid.name, "Coronal");
  assert.deepEqual(grid.letters, ["R", "L", "H", "F"]);
  assert.deepEqual(grid.shape, [12, 5]);
  assert.deepEqual(grid.spacing, [2, 2]);
  assert.deepEqual(grid.slabs.map(({ top, bottom }) => [top, bottom]), [[10, 12], [8, 10], [6, 8], [0, 2]]);
  assert.deepEqual(grid.slabs.map(({ middle }) => middle), [22, 18, 14, 2]);
  assert.deepEqual(gapsOf(grid), [[2 * 5, 6 * 5]]);
  assert.deepEqual([0, 3, 5, 13, 23.9, 40].map((depth) => sliceAt(grid, depth)), [3, 3, 3, 2, 0, 0]);
  assert.equal(createPlaneGrid(SERIES, "column").name, "Sagittal");
});

test("slices without a place in the patient lie evenly, the first at the top", () => {
  const grid = createPlaneGrid(
    { ...SERIES, positions: null, reach: null, shifts: null, letters: ["", "", "", ""], upright: { row: ["", ""], column: ["", ""] } }, "column",
  );
  assert.equal(grid.name, "Along the columns");
  assert.deepEqual(grid.slabs.map(({ low, high }) => [low, high]), [[0, 4], [4, 8], [8, 12], [12, 16]]);
  assert.deepEqual(grid.shape, [16, 6]);
});

test("values between the middles of slices are interpolated", () => {
  const even = { ...SERIES, positions: [0, 4, 8, 12], upright: { row: ["H", "F"], column: ["H", "F"] } };
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
  const slabs = [
    { low: 0, high: 5, left: 0 }, { low: 5, high: 6, left: 3 }, { low: 8, high: 16, left: 7 }, { low: 16, high: 24, left: 2 },
  ];
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
        const distance = distanceToSlab(points, (slab.left + place + 0.5) * step, slab);
        if (Math.abs(distance - radius) > 0.02) assert.equal(found[slice][place], distance < radius ? 1 : 0);
      }
    });
  }
});

test("a brush thinner than a slab changes it, and only the one that it is in", () => {
  const slabs = [{ low: 0, high: 10, left: 0 }, { low: 10, high: 20, left: 0 }];
  const changed = (depth) => {
    const found = [];
    coverSlabs([[3.5, depth]], 0.5, slabs, 1, 8, (slice, start, end) => found.push([slice, start, end]));
    return found;
  };
  assert.deepEqual(changed(5), [[0, 3, 4]]);
  assert.deepEqual(changed(10), [[0, 3, 4], [1, 3, 4]]);
  assert.deepEqual(changed(9.5), [[0, 3, 4]]);
});

// A gantry tilted about the rows: each slice 3 mm further along its columns, 4 mm along its normal.
const TILTED = {
  shape: [4, 6, 5],
  spacing: [4, 1, 2],
  positions: [0, 4, 8, 12],
  reach: [[2, 2], [2, 2], [2, 2], [2, 2]],
  shifts: [[0, 0], [0, 3], [0, 6], [0, 9]],
  letters: ["R", "L", "A", "P"],
  upright: { row: ["H", "F"], column: ["H", "F"] },
};

test("on the plane along the columns, slices of a tilted gantry lie beside each other as in the patient", () => {
  const grid = createPlaneGrid(TILTED, "column");
  assert.deepEqual(grid.shape, [16, 6 + 9]);
  assert.deepEqual(grid.slabs.map(({ left, low, high }) => [left, low, high]), [[0, 0, 4], [3, 4, 8], [6, 8, 12], [9, 12, 16]]);
  // What is no pixel of the slice is black: 9 before and behind each of its rows.
  const black = gapsOf(grid).reduce((sum, [start, end]) => sum + end - start, 0);
  assert.equal(black, 16 * 9);
  assert.deepEqual(gapsOf(grid)[0], [6, 15]);
  // A structure that goes straight on in the patient is straight on the picture.
  const numbers = new Uint16Array(4 * 6);
  for (const [slice, along] of [[0, 5], [1, 2]]) numbers[slice * 6 + along] = 800;
  const shown = interpolatePlane(grid, numbers);
  const rows = [1, 2, 3, 4, 5].map((row) => [4, 5, 6].map((column) => shown[row * 15 + column]));
  assert.deepEqual(rows, new Array(5).fill([0, 800, 0]));
});

test("the plane along the rows of a tilted gantry is as high as the way through the patient", () => {
  const grid = createPlaneGrid(TILTED, "row");
  assert.deepEqual(grid.slabs.map(({ left, middle }) => [left, middle]), [[0, 2.5], [0, 7.5], [0, 12.5], [0, 17.5]]);
  assert.deepEqual([grid.gap, grid.slide], [0.8, 0.6]);
  const flipped = createPlaneGrid({ ...TILTED, upright: { row: ["F", "H"], column: ["F", "H"] } }, "row");
  assert.deepEqual([flipped.slabs[0].middle, flipped.slide], [17.5, -0.6]);
});

test("a stroke straight down a tilted series changes each slice where it lies", () => {
  const grid = createPlaneGrid(TILTED, "column");
  const found = [];
  coverSlabs([[5.5, 1], [5.5, 7]], 0.5, grid.slabs, grid.step, grid.count, (...stretch) => found.push(stretch));
  assert.deepEqual(found, [[0, 5, 6], [1, 2, 3]]);
});

test("a sphere drawn on a slanted plane is a sphere in the patient", () => {
  const series = { ...TILTED, shape: [4, 40, 5], spacing: [4, 1, 2] };
  const grid = createPlaneGrid(series, "row");
  const masks = drawn({ size: 10, sphere: true, series, index: 20 }, [[5, grid.slabs[1].middle]]);
  // In the patient: [along the columns, along the normal] in mm, at some depth of the slab.
  const distance = (slice, row) => Math.min(...Array.from({ length: 201 }, (_, part) => {
    const depth = (part - 100) / 40;
    return Math.hypot(3 * slice + row + 0.6 * depth - 23, 4 * slice + 0.8 * depth - 4);
  }));
  assert.deepEqual(Object.keys(masks), ["0", "1", "2"]);
  for (const [slice, mask] of Object.entries(masks)) {
    for (let row = 0; row < 40; row++) {
      const away = distance(Number(slice), row);
      if (Math.abs(away - 5) > 0.05) assert.equal(mask[row * 5 + 2], away < 5 ? 1 : 0, `${slice}, ${row}`);
    }
  }
});

function drawn({ size, sphere = false, mostSlices = 4, series = SERIES, index = 2 }, points) {
  const [, rows, columns] = series.shape;
  const annotation = createAnnotation({ client: "a", size: rows * columns, states: STATES });
  annotation.receive({ answers: [], changes: [], full: true, epoch: "e", revision: 1, ends: [], steps: { undo: null, redo: null } }, 0);
  const app = { annotation, segment: 1, slice: 0, size, sphere, tool: "brush", info: { ...series, mostSlices } };
  const drawing = createDrawing(app, { painted() {}, changed() {} });
  const grid = createPlaneGrid(app.info, "row");
  const [first, ...rest] = points;
  drawing.take(beginOnPlane(drawing.context, grid, index, first, { tool: brush, erase: false }, () => {}));
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
