// Paths along edges, on pictures whose edges are known.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createEdgeMap } from "../../../pages/slice_editor/slicewise/masks/edges.js";
import { createPathSearch } from "../../../pages/slice_editor/slicewise/masks/livewire.js";

const GREYS = Uint32Array.from({ length: 65536 }, (_, number) => (0xff000000 | Math.min(number, 255)) >>> 0);

function edgesOf([rows, columns], levelAt) {
  const numbers = Uint16Array.from({ length: rows * columns }, (_, at) => levelAt(at % columns, Math.floor(at / columns)));
  return createEdgeMap(numbers, GREYS, [rows, columns]);
}

/** Noise that is the same in every run: -1 to 1. */
function createNoise() {
  let state = 7;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (2 * state) / 2 ** 31 - 1;
  };
}

/** A bright disc of radius 40 around (64.5, 64.5), with noise of a third of its contrast. */
function disc() {
  const noise = createNoise();
  return edgesOf([128, 128], (x, y) => Math.round((Math.hypot(x - 64, y - 64) < 40 ? 160 : 100) + 20 * noise()));
}

function pathBetween(edges, pixelSize, from, to) {
  const search = createPathSearch(edges, pixelSize, from);
  assert.equal(search.reach(to), true);
  return search.path(to);
}

test("a path follows the edge of a noisy disc from anchor to anchor", () => {
  const path = pathBetween(disc(), [1, 1], [104, 64], [64, 104]);
  assert.deepEqual([path[0], path.at(-1)], [[104, 64], [64, 104]]);
  for (const [x, y] of path) assert.ok(Math.abs(Math.hypot(x - 64, y - 64) - 40) < 2, `${x}, ${y}`);
});

test("the pixels of a path touch each other", () => {
  const path = pathBetween(disc(), [1, 1], [104, 64], [24, 64]);
  for (let at = 1; at < path.length; at++) {
    const [dx, dy] = [path[at][0] - path[at - 1][0], path[at][1] - path[at - 1][1]];
    assert.equal(Math.max(Math.abs(dx), Math.abs(dy)), 1);
  }
});

test("where all is flat a path is as short as it can be in the patient", () => {
  const flat = edgesOf([40, 40], () => 100);
  const path = pathBetween(flat, [1, 1], [5, 20], [30, 20]);
  assert.deepEqual(path, Array.from({ length: 26 }, (_, at) => [5 + at, 20]));
  // Pixels four times as high as wide: ten rows down cost more than ten columns aside.
  const search = createPathSearch(flat, [1, 4], [20, 20]);
  search.reach([30, 20]);
  let visited = 0;
  while (!search.reach([20, 30], 1)) visited += 1;
  assert.ok(visited > 100);
});

test("a search that goes on in small steps finds the same path", () => {
  const [from, to] = [[104, 64], [36, 36]];
  const search = createPathSearch(disc(), [1, 1], from);
  let rounds = 1;
  while (!search.reach(to, 100)) rounds += 1;
  assert.ok(rounds > 5);
  assert.deepEqual(search.path(to), pathBetween(disc(), [1, 1], from, to));
});

test("a weak edge is followed from an anchor on it although a stronger one is near", () => {
  const edges = edgesOf([80, 80], (x) => (x < 30 ? 100 : x < 44 ? 130 : 255));
  for (const [x] of pathBetween(edges, [1, 1], [30, 10], [30, 70])) assert.ok(Math.abs(x - 30) <= 1);
});

test("beyond the pixels that are searched the path goes straight to the place", () => {
  const edges = edgesOf([4, 1200], () => 100);
  const search = createPathSearch(edges, [1, 1], [10, 2]);
  assert.equal(search.reach([1100, 2]), true);
  const path = search.path([1100, 2]);
  assert.deepEqual(path.slice(-2), [[522, 2], [1100, 2]]);
});

test("the strongest edge near a place is on the step, and a flat place stays where it is", () => {
  const edges = edgesOf([64, 64], (x) => (x < 32 ? 20 : 220));
  const [x] = edges.strongestNear([28, 30], 6);
  assert.ok(x === 31 || x === 32);
  assert.deepEqual(edges.strongestNear([5, 5], 6), [5, 5]);
  assert.deepEqual(edges.strongestNear([32, 63], 0), [32, 63]);
});
