// Brushes that are spheres: which slices they reach, what they change, and how that travels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeRuns, encodeRuns, fromBase64 } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { shiftBetween, slicePositions, sphereSlices } from "../../../pages/slice_editor/slicewise/masks/sphere.js";
import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { toWire } from "../../../pages/slice_editor/slicewise/model/exchange.js";
import { createDrawing } from "../../../pages/slice_editor/slicewise/tools/drawing.js";
import { maskOf, rowsOf, STATES } from "./vectors.mjs";

const [ROWS, COLUMNS] = [7, 7];
const POSITIONS = [0, 1, 3, 3.5, 9]; // uneven
const EMPTY = ".......";

test("a sphere reaches slices by their positions and is smaller there", () => {
  assert.deepEqual(sphereSlices(POSITIONS, 2, 2.5, 10), [
    { slice: 3, radius: Math.sqrt(6) },
    { slice: 1, radius: 1.5 },
  ]);
  assert.deepEqual(sphereSlices(POSITIONS, 2, 2.5, 1).map(({ slice }) => slice), [3]);
  assert.deepEqual(sphereSlices(POSITIONS, 4, 2.5, 10), []);
});

test("slices without positions lie as far apart as the series says", () => {
  assert.deepEqual(slicePositions({ positions: null, shape: [3, 7, 7], spacing: [2, 1, 1] }), [0, 2, 4]);
});

test("a place lies in another row and column of slices that are shifted", () => {
  const info = { shifts: [[0, 0], [3, -1]], spacing: [5, 0.5, 2] };
  assert.deepEqual(shiftBetween(info, 1, 0), [1.5, -2]);
  assert.deepEqual(shiftBetween(info, 0, 1), [-1.5, 2]);
  assert.deepEqual(shiftBetween({ shifts: null, spacing: [1, 1, 1] }, 0, 1), [0, 0]);
});

function opened({ changes = [], ends = [], mostSlices = 5, shifts = null } = {}) {
  const annotation = createAnnotation({ client: "a", size: ROWS * COLUMNS, states: STATES });
  annotation.receive({ answers: [], changes, full: true, epoch: "e", revision: 1, ends, steps: { undo: null, redo: null } }, 0);
  const app = {
    annotation, mostSlices, tool: "brush", segment: 1, slice: 2, size: 5, erase: false, sphere: true,
    info: { shape: [5, ROWS, COLUMNS], spacing: [1, 1, 1], positions: POSITIONS, shifts, mostSlices, inPatient: true },
  };
  const drawing = createDrawing(app, { painted() {}, changed() {} });
  const click = (id) => {
    drawing.begin([3.5, 3.5], id, false);
    drawing.end();
  };
  const rows = (slice) => rowsOf(decodeRuns(annotation.shown(1, slice).code, ROWS * COLUMNS), [ROWS, COLUMNS]);
  return { annotation, app, click, rows };
}

const filled = () => encodeRuns(new Uint8Array(ROWS * COLUMNS).fill(1));
const stored = (slice, code, state) => ({ segment: 1, slice, version: 3, state, expected: null, code });

test("one stroke paints a sphere, which one undo takes back", () => {
  const { annotation, click, rows } = opened();
  click("brush");
  assert.equal(rows(2)[3], ".#####.");
  assert.equal(rows(3)[3], ".#####.");
  assert.equal(rows(1)[3], "..###..");
  assert.equal(rows(0)[3], EMPTY);
  const [message] = annotation.outbox.pending();
  assert.deepEqual(message.changes.map(({ slice }) => slice), [2, 3, 1]);
  annotation.undo();
  for (const slice of [1, 2, 3]) assert.deepEqual(new Set(rows(slice)), new Set([EMPTY]));
});

test("a sphere stays round in the patient where slices are shifted", () => {
  const { click, rows } = opened({ shifts: [[0, 0], [0, 1], [0, 0], [-2, 0], [0, 0]] });
  click("brush");
  assert.equal(rows(2)[3], ".#####.");
  assert.equal(rows(3)[3], "...####"); // two columns further right, cut at the border
  assert.equal(rows(1)[2], "..###.."); // one row further up
  assert.equal(rows(1)[4], EMPTY);
});

test("the eraser removes a sphere", () => {
  const { annotation, click, rows } = opened({ changes: [1, 2, 4].map((slice) => stored(slice, filled(), "drawn")) });
  click("eraser");
  assert.equal(rows(2)[3], "#.....#");
  assert.equal(rows(1)[3], "##...##");
  assert.equal(rows(4)[3], "#######");
  assert.deepEqual(annotation.outbox.pending()[0].changes.map(({ slice }) => slice), [2, 1]);
});

test("neighbouring slices marked as not here stay, and nothing is added beyond stated ends", () => {
  const ends = [{ segment: 1, first: { slice: 2, version: 1 }, last: { slice: null, version: 0 } }];
  const absent = encodeRuns(new Uint8Array(ROWS * COLUMNS));
  const { click, rows, annotation } = opened({ changes: [stored(3, absent, "confirmed_empty")], ends });
  click("brush");
  assert.equal(rows(2)[3], ".#####.");
  for (const slice of [1, 3]) assert.deepEqual(new Set(rows(slice)), new Set([EMPTY]));
  assert.equal(annotation.outbox.pending()[0].kind, "mask");
});

test("a stroke changes no more slices than the server takes", () => {
  const { click, annotation } = opened({ mostSlices: 2 });
  click("brush");
  assert.deepEqual(annotation.outbox.pending()[0].changes.map(({ slice }) => slice), [2, 3]);
});

test("without the sphere only the slice shown changes", () => {
  const { app, click, annotation } = opened();
  app.sphere = false;
  click("brush");
  assert.equal(annotation.outbox.pending()[0].changes.length, 1);
});

test("a stroke over several slices travels with the version of each", () => {
  const { click, annotation } = opened({ changes: [stored(1, encodeRuns(maskOf(Array(7).fill(EMPTY))), "empty")] });
  click("brush");
  const { changes, ...rest } = toWire(annotation.outbox.pending()[0]);
  const expected = { client: "a", number: 1, kind: "masks", segment: 1, tool: "brush", erased: false, locked: [] };
  assert.deepEqual(rest, expected);
  assert.deepEqual(changes.map(({ slice, base }) => [slice, base]), [[2, 0], [3, 0], [1, 3]]);
  assert.equal(decodeRuns(fromBase64(changes[0].mask), ROWS * COLUMNS)[3 * COLUMNS + 3], 1);
});

test("a stroke that the server refuses is shown as not saved on each of its slices", () => {
  const { click, annotation } = opened();
  click("brush");
  const answers = [{ client: "a", number: 1, result: "conflict" }];
  annotation.receive({ answers, changes: [], full: false, epoch: "e", revision: 1, ends: [], steps: { undo: null, redo: null } }, 1);
  assert.deepEqual(annotation.problems().map(({ slice }) => slice), [2, 3, 1]);
  assert.equal(annotation.state(1), "problem");
});
