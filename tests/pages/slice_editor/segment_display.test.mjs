// Which segments are shown, which are locked, and in which order.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createSegmentDisplay } from "../../../pages/slice_editor/slicewise/model/segment_display.js";
import { whyNotDraw } from "../../../pages/slice_editor/slicewise/segment_actions.js";

const NOTHING = { locked: [], hidden: [], solo: null, opacities: [], order: [] };
const SEGMENTS = [1, 2, 3, 4].map((number) => ({ number, label: `S${number}` }));
const shown = (display) => SEGMENTS.map(({ number }) => number).filter(display.isShown);
const sorted = (display) => display.sorted(SEGMENTS).map(({ number }) => number);

test("segments are hidden and shown, and one is shown alone", () => {
  const display = createSegmentDisplay(NOTHING);
  display.hide(2);
  assert.deepEqual(shown(display), [1, 3, 4]);
  display.solo(2);
  assert.deepEqual(shown(display), [2]);
  display.follow(3);
  assert.deepEqual(shown(display), [3]);
  display.solo(3);
  assert.deepEqual(shown(display), [1, 3, 4]);
  display.solo(3);
  display.hide(1);
  assert.deepEqual(shown(display), [1, 3, 4]);
  display.hide(2);
  assert.deepEqual(shown(display), [1, 2, 3, 4]);
});

test("choosing another segment changes nothing where none is shown alone", () => {
  const display = createSegmentDisplay(NOTHING);
  display.follow(3);
  assert.deepEqual(shown(display), [1, 2, 3, 4]);
});

test("segments are moved among the others, and new ones come last", () => {
  const display = createSegmentDisplay(NOTHING);
  const three = SEGMENTS.slice(0, 3);
  display.move(three, 3, -1);
  display.move(three, 1, -1);
  assert.deepEqual(sorted(display), [1, 3, 2, 4]);
  display.move(SEGMENTS, 4, 1);
  display.move(SEGMENTS, 1, 2);
  assert.deepEqual(sorted(display), [3, 2, 1, 4]);
});

test("what is kept for the next visit comes back", () => {
  const display = createSegmentDisplay(NOTHING);
  display.lock(2);
  display.hide(1);
  display.setOpacity(3, 0.25);
  display.setOpacity(2, 0.5);
  display.setOpacity(2, 1);
  display.move(SEGMENTS, 4, -3);
  const kept = JSON.parse(JSON.stringify(display.describe()));
  assert.deepEqual(kept, { locked: [2], hidden: [1], solo: null, opacities: [[3, 0.25]], order: [4, 1, 2, 3] });
  assert.deepEqual(createSegmentDisplay(kept).describe(), kept);
});

test("a segment that is locked or hidden says why it cannot be changed", () => {
  const display = createSegmentDisplay(NOTHING);
  const reason = (segment) => whyNotDraw({ display, segment, info: { segments: SEGMENTS } });
  display.lock(1);
  display.hide(2);
  assert.match(reason(1), /^S1 is locked\. Unlock it/);
  assert.match(reason(2), /^S2 is hidden\. Show it/);
  assert.equal(reason(3), "");
  display.lock(1);
  assert.equal(reason(1), "");
});

test("nothing is drawn where the annotation may only be looked at", () => {
  const display = createSegmentDisplay(NOTHING);
  const info = { segments: SEGMENTS, readOnly: "This series is done." };
  assert.equal(whyNotDraw({ display, segment: 1, info }), "This series is done.");
  assert.equal(whyNotDraw({ display, segment: 1, info: { ...info, readOnly: "" } }), "");
});
