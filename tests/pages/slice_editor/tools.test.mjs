// The registry of tools, which buttons, keys, cursor, help sheet and documents read.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTIONS, keyName, meaningOf, STEPS, VIEWING } from "../../../pages/slice_editor/slicewise/input/keys.js";
import { createDrawing } from "../../../pages/slice_editor/slicewise/tools/drawing.js";
import { TOOLS, toolOf } from "../../../pages/slice_editor/slicewise/tools/index.js";
import { lengthBetween } from "../../../pages/slice_editor/slicewise/tools/measure.js";
import { brushSizes, nearestSize } from "../../../pages/slice_editor/slicewise/tools/sizes.js";
import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { decodeRuns, encodeRuns } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { rowsOf, STATES } from "./vectors.mjs";

const OPTIONS = new Set(["mode", "size", "tolerance", "range", "lengths", "depth"]);
const [ROWS, COLUMNS] = [6, 8];

for (const tool of TOOLS) {
  test(`the tool ${tool.id} says all that buttons, keys and help show`, () => {
    for (const field of ["id", "name", "key", "help", "icon"]) {
      assert.ok(typeof tool[field] === "string" && tool[field] !== "", field);
    }
    assert.match(tool.id, /^[a-z][a-z-]*$/);
    assert.match(tool.icon, /^M[\d\s.,a-zA-Z-]+$/);
    assert.ok(tool.options.every((name) => OPTIONS.has(name)));
    assert.ok(["circle", "crosshair"].includes(tool.cursor));
    assert.ok(typeof (tool.isViewOnly ? tool.begin : tool.end) === "function");
    assert.equal(toolOf(tool.id), tool);
    const key = { key: tool.key, shiftKey: tool.key !== tool.key.toLowerCase() };
    assert.equal(meaningOf(key), tool.id);
  });
}

test("no id and no key is used twice", () => {
  const all = [...TOOLS, ...STEPS, ...ACTIONS, ...VIEWING];
  const keys = all.flatMap((one) => [one.key, ...(one.also ?? [])]);
  assert.equal(new Set(all.map((one) => one.id)).size, all.length);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(new Set(TOOLS.map((one) => keyName(one.key))).size, TOOLS.length);
});

test("brush sizes grow from one pixel to a third of the slice", () => {
  const sizes = brushSizes([3, 0.5, 0.5], [20, 512, 300]);
  assert.deepEqual([sizes[0], sizes.at(-1)], [0.5, 50]);
  assert.equal(nearestSize(sizes, sizes[7] * 1.01), 7);
});

/** A slice without pixels set, and a tool on it; values are 0 at the left and 100 at the right. */
function opened(id) {
  const annotation = createAnnotation({ client: "a", size: ROWS * COLUMNS, states: STATES });
  const nothing = { answers: [], changes: [], full: true, epoch: "e", revision: 1, ends: [], steps: { undo: null, redo: null } };
  annotation.receive(nothing, 0);
  const numbers = Uint16Array.from({ length: ROWS * COLUMNS }, (_, place) => (place % COLUMNS < 4 ? 0 : 100));
  const app = {
    annotation,
    info: { shape: [1, ROWS, COLUMNS], spacing: [1, 1, 1], offset: 0, slope: 1, inPatient: true, thickness: [1] },
    pixels: { get: () => numbers },
    tool: id,
    segment: 1,
    slice: 0,
    size: 1,
    erase: false,
    tolerance: 10,
    range: [50, 200],
    window: { center: 50, width: 100 },
    cross: [0, 0],
    lengths: [],
  };
  const shown = {
    painted() {},
    changed() {},
    isNear: ([x, y], [otherX, otherY]) => Math.hypot(x - otherX, y - otherY) < 0.4,
    setCross: (cross) => (app.cross = cross),
    reach: () => 0,
    repaint() {},
    refuses: () => false,
    metLocked() {},
  };
  const drawing = createDrawing(app, shown);
  const stroke = (places, opposite = false) => {
    drawing.begin(places[0], id, opposite);
    if (places.length > 1) drawing.move(places.slice(1));
    drawing.end();
  };
  const rows = () => rowsOf(decodeRuns(annotation.shown(1, 0).code, ROWS * COLUMNS), [ROWS, COLUMNS]);
  return { app, drawing, stroke, rows };
}

const EMPTY = "........";
const LINE = [[1.5, 2.5], [6.5, 2.5]];

test("the brush paints along the pointer, and erases while Alt is held", () => {
  const { stroke, rows } = opened("brush");
  stroke(LINE);
  assert.deepEqual(rows(), [EMPTY, EMPTY, ".######.", EMPTY, EMPTY, EMPTY]);
  stroke([[3.5, 2.5]], true);
  assert.equal(rows()[2], ".##.###.");
});

test("a stroke is based on what was shown when it began, whatever comes under it", () => {
  const { app, drawing, rows } = opened("brush");
  const { annotation } = app;
  drawing.begin([1.5, 2.5], "brush", false);
  const theirs = encodeRuns(Uint8Array.from({ length: ROWS * COLUMNS }, (_, place) => Number(place === 0)));
  const changes = [{ segment: 1, slice: 0, version: 1, state: "drawn", expected: null, code: theirs }];
  annotation.receive({ answers: [], changes, full: false, epoch: "e", revision: 2, ends: [], steps: { undo: null, redo: null } }, 0);
  drawing.move([[3.5, 2.5]]);
  drawing.end();
  assert.equal(rows()[2], ".###....");
  const [message] = annotation.outbox.pending();
  assert.deepEqual([message.changes[0].base, message.changes[0].before], [0, annotation.empty]);
});

test("the eraser removes, and paints while Alt is held", () => {
  const { stroke, rows } = opened("eraser");
  stroke(LINE, true);
  assert.equal(rows()[2], ".######.");
  stroke([[3.5, 2.5]]);
  assert.equal(rows()[2], ".##.###.");
});

test("the threshold brush leaves pixels alone that lie outside the range", () => {
  const { stroke, rows } = opened("threshold");
  stroke(LINE);
  assert.equal(rows()[2], "....###.");
});

test("a region ends where values differ by more than the tolerance", () => {
  const { stroke, rows, app } = opened("region");
  stroke([[1.5, 1.5]]);
  assert.deepEqual(new Set(rows()), new Set(["####...."]));
  app.erase = true;
  stroke([[1.5, 1.5]]);
  assert.deepEqual(new Set(rows()), new Set([EMPTY]));
});

test("an outline fills its inside", () => {
  const { stroke, rows } = opened("outline");
  stroke([[1, 1], [5, 1], [5, 4], [1, 4]]);
  assert.deepEqual(rows(), [EMPTY, ".####...", ".####...", ".####...", EMPTY, EMPTY]);
});

test("a polygon is filled once it is closed, and follows a corner that is dragged", () => {
  const { drawing, stroke, rows } = opened("polygon");
  for (const corner of [[1, 1], [5, 1], [5, 4], [7, 5]]) stroke([corner]);
  assert.equal(drawing.isOpen(), true);
  assert.equal(drawing.stepBack(), true);
  stroke([[1, 4]]);
  assert.deepEqual(new Set(rows()), new Set([EMPTY]));
  drawing.close();
  assert.equal(drawing.isOpen(), false);
  assert.deepEqual(rows(), [EMPTY, ".####...", ".####...", ".####...", EMPTY, EMPTY]);
  stroke([[5, 1], [3, 1]]);
  assert.notEqual(rows()[1], ".####...");
});

test("an interrupted click leaves an open polygon as it was", () => {
  const { drawing, stroke } = opened("polygon");
  stroke([[1, 1]]);
  drawing.begin([5, 1], "polygon", false);
  drawing.interrupt();
  assert.deepEqual(drawing.sketch(null).lines[0].points, [[1, 1]]);
});

test("what is open is finished before the slice changes, and dropped by cancelling", () => {
  const { drawing, stroke, rows } = opened("polygon");
  for (const corner of [[1, 1], [5, 1], [5, 4]]) stroke([corner]);
  assert.equal(drawing.cancel(), true);
  assert.deepEqual(new Set(rows()), new Set([EMPTY]));
  for (const corner of [[1, 1], [5, 1], [5, 4]]) stroke([corner]);
  drawing.settle();
  assert.ok(rows()[1].includes("#"));
});

/** A line along the edge of the values, with a corner at the left. */
function closedLivewire() {
  const made = opened("livewire");
  for (const place of [[4.5, 0.5], [4.5, 5.5], [1.5, 3.5]]) made.stroke([place]);
  made.drawing.close();
  return made;
}

test("a livewire becomes a mask once it is closed and applied", () => {
  const { drawing, rows, app } = closedLivewire();
  assert.match(drawing.openText(), /closed/);
  assert.deepEqual(new Set(rows()), new Set([EMPTY]));
  drawing.close();
  assert.equal(drawing.isOpen(), false);
  assert.equal(rows()[2], "..##....");
  assert.equal(app.annotation.outbox.pending().length, 1);
});

test("the points of a closed livewire are dragged before it becomes a mask", () => {
  const { drawing, stroke, rows } = closedLivewire();
  stroke([[1.5, 3.5], [3.5, 3.5]]);
  drawing.close();
  assert.ok(rows().every((row) => row.startsWith("...")));
});

test("a livewire closes at its first point, opens again, and loses its newest points", () => {
  const { drawing, stroke } = opened("livewire");
  for (const place of [[4.5, 0.5], [4.5, 5.5], [1.5, 3.5], [4.5, 0.5]]) stroke([place]);
  const points = () => drawing.sketch(null).handles.length;
  assert.match(drawing.openText(), /closed/);
  assert.equal(drawing.stepBack(), true);
  assert.match(drawing.openText(), /open/);
  assert.equal(points(), 3);
  drawing.stepBack();
  assert.equal(points(), 2);
  drawing.stepBack();
  drawing.stepBack();
  assert.equal(drawing.isOpen(), false);
});

test("a livewire is applied before the slice changes, dropped by cancelling, kept otherwise", () => {
  const { drawing, stroke, rows } = closedLivewire();
  drawing.forget();
  drawing.settle();
  assert.equal(rows()[2], "..##....");
  stroke([[4.5, 0.5]]);
  assert.equal(drawing.cancel(), true);
  assert.equal(drawing.isOpen(), false);
});

test("hints stay on the screen until the mask changes otherwise", () => {
  const { drawing, stroke, app } = opened("hint-add");
  stroke(LINE);
  const [message] = app.annotation.outbox.pending();
  assert.equal(message.kind, "hints");
  assert.equal(drawing.sketch(null).lines.length, 1);
  drawing.forget();
  assert.equal(drawing.sketch(null).lines.length, 0);
});

test("the cross-hair moves the planes and draws nothing", () => {
  const { drawing, stroke, app } = opened("crosshair");
  stroke([[3.5, 2.5]]);
  assert.deepEqual(app.cross, [2, 3]);
  assert.equal(drawing.isDrawing(), false);
  assert.equal(app.annotation.outbox.pending().length, 0);
});

test("a length is measured, changed at an end, taken back, and changes no mask", () => {
  const { drawing, stroke, app, rows } = opened("measure");
  stroke([[1, 1], [4, 5]]);
  stroke([[6, 1], [7, 1]]);
  assert.equal(lengthBetween(...app.lengths[0], [3, 1, 1]), 5);
  stroke([[4, 5], [1, 3]]);
  assert.deepEqual(app.lengths[0], [[1, 1], [1, 3]]);
  assert.equal(lengthBetween(...app.lengths[0], [3, 0.7, 0.5]), 1.4);
  assert.equal(drawing.removeMark(), true);
  assert.equal(app.lengths.length, 1);
  stroke([[6, 5]]);
  assert.equal(app.lengths.length, 1, "a click without a drag measures nothing");
  assert.deepEqual(new Set(rows()), new Set([EMPTY]));
  assert.equal(app.annotation.outbox.pending().length, 0);
});

test("an interrupted drag leaves lengths as they were", () => {
  const { drawing, stroke, app } = opened("measure");
  stroke([[1, 1], [4, 5]]);
  drawing.begin([4, 5], "measure", false);
  drawing.move([[2, 2]]);
  drawing.interrupt();
  assert.deepEqual(app.lengths, [[[1, 1], [4, 5]]]);
});
