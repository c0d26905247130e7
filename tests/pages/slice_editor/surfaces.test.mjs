// Surfaces in three dimensions: how they travel, and which slice a point belongs to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { askForSurfaces, cornersOf, createSurfaces, isAnswerLost, receiveSurfaces, sliceNear } from "../../../pages/slice_editor/slicewise/model/surfaces.js";
import { tracesOf } from "../../../pages/slice_editor/slicewise/view/surface_traces.js";

const PLACED = {
  positions: [[0, 0, 0], [0, 1, 3], [0, 2, 9]], // a tilted gantry, and uneven
  normal: [0, 0, 1],
  across: [4, 0, 0],
  down: [0, 6, 0],
};
const HEADER = {
  ...PLACED,
  request: 1,
  meshes: [{ segment: 2, vertices: 4, drawn: 1, proposed: 2, bytes: 48 + 36 }],
};
const SEGMENTS = [{ number: 2, label: "Liver", color: [1, 2, 3] }];

function packed() {
  const bytes = new Uint8Array(84);
  new Float32Array(bytes.buffer, 0, 12).set([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
  new Int32Array(bytes.buffer, 48, 9).set([0, 1, 2, 0, 1, 1, 2, 2, 3]);
  return bytes;
}

function received() {
  const surfaces = createSurfaces();
  askForSurfaces(surfaces, 0);
  receiveSurfaces(surfaces, HEADER, () => packed(), { epoch: "e", revision: 3 });
  return surfaces;
}

test("vertices and triangles come as they were packed, drawn ones before proposed ones", () => {
  const { request, shown } = received();
  assert.equal(request, null);
  const [{ x, z, drawn, proposed }] = shown.meshes;
  assert.deepEqual([...x, ...z], [0, 1, 2, 3, 20, 21, 22, 23]);
  assert.deepEqual(drawn.map((one) => [...one]), [[0], [1], [2]]);
  assert.deepEqual(proposed.map((one) => [...one]), [[0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(shown.of, { epoch: "e", revision: 3 });
});

test("an answer to an earlier request is not shown, and a lost one is noticed", () => {
  const surfaces = createSurfaces();
  askForSurfaces(surfaces, 0);
  askForSurfaces(surfaces, 10);
  receiveSurfaces(surfaces, HEADER, () => packed(), { epoch: "e", revision: 3 });
  assert.equal(surfaces.shown, null);
  assert.equal(isAnswerLost(surfaces, 20), false);
  assert.equal(isAnswerLost(surfaces, 60000), true);
});

test("a point belongs to the slice that is nearest along the normal", () => {
  assert.deepEqual([[9, 9, -4], [0, 0, 1.4], [0, 50, 1.6], [0, 0, 7]].map((point) => sliceNear(PLACED, point)), [0, 0, 1, 2]);
  assert.deepEqual(cornersOf(PLACED, 1), [[0, 1, 3], [4, 1, 3], [4, 7, 3], [0, 7, 3], [0, 1, 3]]);
});

test("drawn parts are opaque, proposed ones translucent, and segments that are not shown are absent", () => {
  const { shown } = received();
  const traces = tracesOf(shown, SEGMENTS, 1, true);
  assert.deepEqual(traces.map(({ type, mode }) => mode ?? type), ["mesh3d", "mesh3d", "text", "lines"]);
  assert.equal(traces[0].opacity, 1);
  assert.ok(traces[1].opacity < 0.5);
  assert.deepEqual(traces[2].text, ["R", "L", "A", "P", "F", "H"]);
  assert.deepEqual(tracesOf(shown, [], 1, true).map(({ mode }) => mode), ["lines"]);
  assert.deepEqual(tracesOf(shown, SEGMENTS, 1, false).map(({ mode }) => mode), [undefined, undefined, "lines"]);
});
