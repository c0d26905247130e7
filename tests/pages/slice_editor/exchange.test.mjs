import assert from "node:assert/strict";
import { test } from "node:test";

import {
  createPlaneRequests,
  createSliceRequests,
  keepForReload,
  recallAfterReload,
} from "../../../pages/slice_editor/slicewise/model/exchange.js";

test("the slice shown is asked for first, again only after a while, and never beyond the ends", () => {
  const requests = createSliceRequests([10, 512, 512]);
  const none = () => false;
  assert.deepEqual(requests.for(1, none, 0).map(([slice]) => slice), [1, 2, 0, 3, 4, 5]);
  assert.deepEqual(requests.for(1, none, 100)[0], [1, 1]);
  assert.deepEqual(requests.for(1, none, 2000)[0], [1, 2]);
  assert.deepEqual(requests.for(1, () => true, 2000), []);
});

test("a server that does not answer is asked again after twice the time", () => {
  const requests = createSliceRequests([1, 512, 512]);
  const times = [];
  for (let now = 0, last = 0; now <= 12000; now += 100) {
    const [[, number]] = requests.for(0, () => false, now);
    if (number > last) times.push(now);
    last = number;
  }
  assert.deepEqual(times, [0, 900, 2600, 5900]);
});

test("slices that are shown soon are asked for before the neighbours, each once", () => {
  const requests = createSliceRequests([10, 512, 512]);
  assert.deepEqual(requests.for(1, () => false, 0, [8, 2]).map(([slice]) => slice), [1, 8, 2, 0, 3, 4, 5]);
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

test("what a tab keeps unsent comes back to the same person and series alone, until it is answered", () => {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => kept.set(name, text),
    removeItem: (name) => kept.delete(name),
  };
  try {
    const mine = { key: "series", owner: "anna" };
    const messages = [{ client: "c", number: 1, kind: "mask", changes: [{ code: Uint8Array.of(1, 2) }] }];
    keepForReload(mine, messages);
    assert.deepEqual(recallAfterReload(mine), messages);
    assert.deepEqual(recallAfterReload({ ...mine, owner: "bob" }), []);
    assert.deepEqual(recallAfterReload({ ...mine, key: "another" }), []);
    keepForReload({ ...mine, owner: "bob" }, []);
    assert.deepEqual(recallAfterReload(mine), messages);
    keepForReload(mine, []);
    assert.equal(kept.size, 0);
  } finally {
    delete globalThis.sessionStorage;
  }
});
