// Sentences that the editor says, as far as they need no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { noteAbout } from "../../../pages/slice_editor/slicewise/messages.js";
import { describeProblem, valueText } from "../../../pages/slice_editor/slicewise/view/status.js";

test("a conflict names the slice and offers to keep either version", () => {
  const problem = { kind: "conflict", slice: 4, base: 1, text: "" };
  const { text, discard, keep } = describeProblem(problem);
  assert.match(text, /^This slice was changed in another window .*slice 5\./);
  assert.deepEqual([discard, keep], ["Keep the stored version", "Apply my strokes on top of it"]);
});

test("a refusal says why", () => {
  const problem = { kind: "refused", slice: 4, base: 1, text: "The segment is gone." };
  assert.match(describeProblem(problem).text, /slice 5 is not saved: The segment is gone\.$/);
});

test("values are shown in modality units", () => {
  assert.equal(valueText({ offset: -1024, slope: 1, counted: true, unit: "HU" }, 1064), "40 HU");
  assert.equal(valueText({ offset: 0, slope: 0.25, counted: false, unit: "" }, 5).trim(), "1.250");
});

test("only answers that need a word get one", () => {
  const about = (kind, result, text) => noteAbout({ message: { kind }, answer: { result, text } });
  assert.equal(about("mask", "stored"), null);
  assert.equal(about("hints", "stored"), null);
  assert.equal(about("end", "stored"), null);
  assert.equal(about("end", "refused", "It is drawn on slice 3."), "Not stated: It is drawn on slice 3.");
  assert.match(about("undo", "skipped"), /Undo again/);
  assert.match(about("hints", "refused", "No weights."), /No weights\.$/);
  assert.match(about("hints", "conflict"), /changed in another window/);
});
