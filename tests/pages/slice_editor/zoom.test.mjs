import assert from "node:assert/strict";
import { test } from "node:test";

import {
  fitView,
  scaleBar,
  toImage,
  toScreen,
  zoomView,
} from "../../../pages/slice_editor/slicewise/view/zoom.js";

const SHAPE = [100, 200];
const SPACING = [2, 0.5]; // rows lie four times as far apart as columns
const SCREEN = { width: 400, height: 300 };

test("a slice that fits keeps the proportions of the patient", () => {
  const view = fitView(SHAPE, SPACING, SCREEN);
  const end = toScreen(view, SPACING, [200, 100]);
  assert.deepEqual([end.y - view.y, end.x - view.x], [300, 150]);
});

test("zooming leaves the point under the cursor where it is", () => {
  let view = fitView(SHAPE, SPACING, SCREEN);
  const at = { x: 190, y: 120 };
  const before = toImage(view, SPACING, at);
  for (const factor of [1.5, 3, 0.4]) {
    view = zoomView(view, factor, at, SHAPE, SPACING, SCREEN);
    const after = toImage(view, SPACING, at);
    assert.ok(Math.hypot(after[0] - before[0], after[1] - before[1]) < 1e-9);
  }
});

test("zooming ends before a pixel fills the screen", () => {
  const view = zoomView(fitView(SHAPE, SPACING, SCREEN), 1e9, { x: 0, y: 0 }, SHAPE, SPACING, SCREEN);
  assert.ok(view.scale * 0.5 <= 60);
});

test("a scale bar has a round length that fits", () => {
  for (const scale of [0.3, 1, 2.2, 7, 40]) {
    const { length, pixels } = scaleBar({ scale }, 130);
    assert.ok(pixels <= 130 && pixels > 130 / 2.6);
    assert.match(String(length), /^[125]0*$|^0\.[125]$/);
  }
});
