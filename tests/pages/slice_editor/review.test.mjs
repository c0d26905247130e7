// The order of the review, what counts as decided, and what people are told of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { meaningOf } from "../../../pages/slice_editor/slicewise/input/keys.js";
import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { toWire } from "../../../pages/slice_editor/slicewise/model/exchange.js";
import { progressText, rangeText, updateReview } from "../../../pages/slice_editor/slicewise/model/review.js";
import { code, createServer, EMPTY, exchange, SIZE } from "./annotation_server.mjs";
import { STATES } from "./vectors.mjs";

const HEADER = {
  queue: [[1, 4, "poor"], [1, 2, "fair"], [2, 0, "unknown"], [1, 3, "good"]],
  jumps: [[1, 3, "is darker inside than on the slices beside it"]],
  reasons: ["too large"],
};

/** A tab that reviews the proposals of `HEADER`. */
function reviewing() {
  const server = createServer();
  for (const [segment, slice] of HEADER.queue) server.write(segment, slice, code(slice + 1), "proposed");
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  return { tab, review: updateReview(null, HEADER, () => tab) };
}

test("the least certain comes first, what was put off last, and then again from the start", () => {
  const { review } = reviewing();
  assert.deepEqual(review.next([1, 4]), [1, 2]);
  assert.deepEqual(review.next([1, 2]), [2, 0]);
  assert.deepEqual(review.next([2, 0]), [1, 3]);
  assert.deepEqual(review.next([1, 3]), [1, 4]);
  assert.deepEqual(review.back(), [1, 3]);
});

test("the slices of the next proposals are asked for ahead", () => {
  const { review } = reviewing();
  const upcoming = (current) => review.upcoming(current).map(([segment, slice]) => [segment, slice]);
  assert.deepEqual(upcoming([1, 4]), [[1, 2], [2, 0], [1, 3]]);
  review.next([1, 4]);
  assert.deepEqual(upcoming([1, 2]), [[2, 0], [1, 3], [1, 4]]);
});

test("a decision counts before the server has answered, and undo brings the proposal back", () => {
  const { tab, review } = reviewing();
  const accepted = tab.decide(1, [4, 2], "accept");
  assert.deepEqual(review.left().map(([segment, slice]) => [segment, slice]), [[2, 0], [1, 3]]);
  assert.equal(tab.shown(1, 4).state, "accepted");
  assert.deepEqual(tab.shown(1, 4).code, code(5));
  const rejected = tab.decide(1, [3], "reject", "too large");
  assert.deepEqual(tab.shown(1, 3).code, EMPTY);
  assert.equal(review.isWaiting(1, 3), false);
  tab.undo();
  assert.equal(tab.shown(1, 3).state, "proposed");
  assert.deepEqual(tab.shown(1, 3).code, code(4));
  assert.deepEqual(toWire(accepted).changes, [{ slice: 4, base: 1 }, { slice: 2, base: 1 }]);
  const { kind, segment, reason, changes } = toWire(rejected);
  assert.deepEqual([kind, segment, reason, changes], ["reject", 1, "too large", [{ slice: 3, base: 1 }]]);
});

test("only what the server has stored is decided about, and one segment alone on request", () => {
  const { tab, review } = reviewing();
  assert.equal(review.isWaiting(1, 7), false);
  assert.deepEqual(review.inRange(1, { first: 2, last: 3 }), [2, 3]);
  review.onlySegment = true;
  assert.deepEqual(review.next([1, 2]), [1, 4]);
  tab.decide(1, [2, 3, 4], "accept");
  assert.equal(review.next([1, 4]), null);
  assert.equal(review.left().length, 1);
});

test("a jump is told as long as the proposal waits", () => {
  const { tab, review } = reviewing();
  assert.match(review.jumpOf(1, 3), /darker/);
  assert.equal(review.jumpOf(1, 2), "");
  tab.decide(1, [3], "accept");
  assert.equal(review.jumpOf(1, 3), "");
});

test("progress and ranges are told in words", () => {
  assert.equal(progressText(HEADER.queue), "4 left, about 2 need a stroke, 1 of unknown quality");
  assert.equal(progressText([[1, 1, "fair"]]), "1 left, about 1 needs a stroke");
  assert.equal(progressText([[1, 1, "good"]]), "1 left, about none needs a stroke");
  assert.equal(progressText([]), "All proposals are reviewed.");
  assert.equal(rangeText({ first: 11, last: 16 }), "slices 12–17");
  assert.equal(rangeText({ first: 3, last: 3 }), "slice 4");
});

test("keys decide on the page for reviewing and keep their meaning elsewhere", () => {
  const keys = ["a", "x", "n", "e", "ArrowRight", "ArrowUp", "b"];
  const meanings = (reviews) => keys.map((key) => meaningOf({ key }, reviews));
  assert.deepEqual(meanings(true), ["review-accept", "review-reject", "review-absent", "review-edit", "review-next", "previous", "brush"]);
  assert.deepEqual(meanings(false), ["fainter", "crosshair", "absent", "eraser", "next", "previous", "brush"]);
  assert.equal(meaningOf({ key: "X", shiftKey: true }, true), "review-reason");
});
