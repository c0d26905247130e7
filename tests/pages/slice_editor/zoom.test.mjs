import assert from "node:assert/strict";
import { test } from "node:test";

import { keyName, meaningOf } from "../../../pages/slice_editor/slicewise/input/keys.js";
import { createPlaneRequests, createSliceRequests } from "../../../pages/slice_editor/slicewise/model/exchange.js";
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

test("keys mean the same with Caps Lock, and none of Streamlit's remain", () => {
  const press = (key, more = {}) => meaningOf({ key, ...more });
  assert.equal(press("b"), "brush");
  assert.equal(press("B"), "brush");
  assert.equal(press("C", { shiftKey: true }), "copy-after");
  assert.equal(press("c"), "copy-before");
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("Z", { metaKey: true, shiftKey: true }), "redo");
  assert.equal(press("a", { ctrlKey: true }), null);
  assert.equal(press("3"), "segment 3");
  assert.equal(keyName("Q"), "Shift+Q");
});

test("the slice shown is asked for first, again only after a while, and never beyond the ends", () => {
  const requests = createSliceRequests([10, 512, 512]);
  const none = () => false;
  assert.deepEqual(requests.for(1, none, 0).map(([slice]) => slice), [1, 2, 0, 3, 4, 5]);
  assert.deepEqual(requests.for(1, none, 100)[0], [1, 1]);
  assert.deepEqual(requests.for(1, none, 2000)[0], [1, 2]);
  assert.deepEqual(requests.for(1, () => true, 2000), []);
});

test("a plane is asked for once, and again where it has not come for long", () => {
  const requests = createPlaneRequests();
  assert.deepEqual(requests.for(7, false, 0), [7, 1]);
  assert.deepEqual(requests.for(7, false, 100), [7, 1]);
  assert.deepEqual(requests.for(9, false, 200), [9, 2]);
  assert.deepEqual(requests.for(9, false, 5000), [9, 3]);
  assert.equal(requests.for(9, true, 9000), null);
});

test("large slices are asked for one at a time", () => {
  assert.equal(createSliceRequests([10, 2048, 2048]).for(5, () => false, 0).length, 1);
});
