// Who else is here, in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { peopleText } from "../../../pages/slice_editor/slicewise/model/people.js";

const one = (name, slice, oneself = false) => ({ name, slice, oneself });

test("nothing is said where nobody else is here", () => {
  assert.equal(peopleText([]), "");
});

test("slices are counted from 1, and oneself in another tab has no name", () => {
  const people = [one("Ben", 3), one("Anna", 0, true)];
  assert.equal(peopleText(people), "Also here: Ben (slice 4), you in another tab (slice 1)");
});

test("a person with several tabs is named once, with every slice once", () => {
  const people = [one("Ben", 6), one("Ben", 3), one("Ben", 3), one("Cleo", 1)];
  assert.equal(peopleText(people), "Also here: Ben (slices 4, 7), Cleo (slice 2)");
});

test("three other tabs of oneself are one person, and no person takes the place of another", () => {
  const people = [one("A", 0), one("B", 0), one("B", 2), ...[4, 0, 4].map((slice) => one("me", slice, true))];
  assert.equal(peopleText(people), "Also here: A (slice 1), B (slices 1, 3), you in 3 other tabs (slices 1, 5)");
});

test("of many people three are named", () => {
  const people = ["A", "B", "C", "D", "E"].map((name) => one(name, 0));
  assert.equal(peopleText(people), "Also here: A (slice 1), B (slice 1), C (slice 1) and 2 more");
});

test("names from right to left are set off", () => {
  assert.match(peopleText([one("\u05d3\u05e0\u05d4", 1)]), /\u2068.*\u2069 \(slice 2\)/);
});
