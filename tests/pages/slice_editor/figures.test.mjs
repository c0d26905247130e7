// Figures of a segment; mean and deviation are also computed by test_vectors.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countPixels, statistics, volumes } from "../../../pages/slice_editor/slicewise/model/figures.js";
import { encodeRuns } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { figuresOf } from "../../../pages/slice_editor/slicewise/view/figures.js";
import { maskOf, vectors } from "./vectors.mjs";

for (const one of vectors("figures")) {
  test(`values under a mask have this mean and deviation: ${one.name}`, () => {
    const found = statistics(encodeRuns(maskOf(one.mask)), Uint16Array.from(one.numbers), one.scale);
    assert.ok(Math.abs(found.mean - one.mean) < 1e-6);
    assert.ok(Math.abs(found.deviation - one.deviation) < 1e-6);
  });
}

const EMPTY = encodeRuns(new Uint8Array(4));
const THREE = encodeRuns(maskOf(["##", "#."]));
const INFO = {
  shape: [3, 2, 2], spacing: [5, 20, 10], thickness: [5, 5, 10],
  offset: -1024, slope: 1, counted: true, unit: "HU", inPatient: true,
};
const SHOWN = [{ code: THREE, state: "drawn" }, { code: EMPTY, state: "empty" }, { code: THREE, state: "proposed" }];

function figuresOn(slice, more = {}, numbers = Uint16Array.of(1024, 1026, 1028, 9)) {
  const info = { ...INFO, ...more };
  return figuresOf({
    info, slice, segment: 1, annotation: { shown: (_, one) => SHOWN[one] }, pixels: { get: () => numbers },
  });
}

test("a mask without pixels has no statistics", () => {
  assert.equal(statistics(EMPTY, new Uint16Array(4), INFO), null);
  assert.equal(countPixels(EMPTY, 4), 0);
});

test("each slice counts for as much of the normal as it stands for", () => {
  assert.deepEqual(volumes((slice) => SHOWN[slice], INFO), { all: 9, proposed: 6 });
});

test("figures are told with their units", () => {
  assert.deepEqual(figuresOn(0), {
    Area: "6.00 cm²", Mean: "2.0 HU", SD: "1.6 HU", Volume: "9.00 ml", "of it proposed": "6.00 ml",
  });
  assert.equal(figuresOn(0, { spacing: [5, 2, 1] }).Area, "6.0 mm²");
});

test("figures without a unit, without a mask, without pixels or without a scale say no more than is known", () => {
  assert.equal(figuresOn(0, { unit: "", counted: false }).Mean, "2.000");
  assert.deepEqual(figuresOn(1).Area, "–");
  assert.equal(figuresOn(0, {}, null).Mean, "–");
  const unscaled = figuresOn(0, { inPatient: false, thickness: null });
  assert.equal(unscaled.Area, "3 px");
  assert.ok(!("Volume" in unscaled));
});
