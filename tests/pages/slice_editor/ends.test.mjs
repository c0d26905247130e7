import assert from "node:assert/strict";
import { test } from "node:test";

import { toWire } from "../../../pages/slice_editor/slicewise/model/exchange.js";
import { createEnds, isBeyond, nameOfEnd } from "../../../pages/slice_editor/slicewise/model/ends.js";

test("slices are named by what they are for the ends", () => {
  const ends = { first: 2, last: 5 };
  const names = [1, 2, 3, 5, 6].map((slice) => nameOfEnd(ends, slice));
  assert.deepEqual(names, ["before its first slice", "its first slice", "", "its last slice", "behind its last slice"]);
  assert.equal(nameOfEnd({ first: 2, last: 2 }, 2), "its only slice");
  assert.equal(nameOfEnd({ first: null, last: null }, 2), "");
  assert.deepEqual([1, 2, 5, 6].map((slice) => isBeyond(ends, slice)), [true, false, false, true]);
  assert.equal(isBeyond({ first: null, last: 5 }, 0), false);
});

test("a statement travels with the version that the person saw", () => {
  const ends = createEnds(() => []);
  ends.receive([{ segment: 1, first: { slice: 4, version: 3 }, last: { slice: null, version: 0 } }]);
  const message = { ...ends.statement(1, "first", 6), client: "a", number: 2 };
  assert.deepEqual(toWire(message), { client: "a", number: 2, kind: "end", segment: 1, end: "first", slice: 6, base: 3 });
  assert.equal(ends.statement(1, "first", 4).slice, null);
  assert.equal(ends.statement(1, "last", 4).slice, 4);
});
