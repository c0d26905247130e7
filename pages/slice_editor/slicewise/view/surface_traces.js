// Surfaces as plotly.js draws them.

import { cornersOf } from "../model/surfaces.js";

const PROPOSED_OPACITY = 0.35;
const LIGHT = { ambient: 0.65, diffuse: 0.5, specular: 0.1, roughness: 0.7 };
const LIGHT_FROM = { x: -5e4, y: 1e5, z: 0 }; // above and left of the viewer: x and y are those of the screen
const LINE = { color: "rgb(255 224 130)", width: 3 };
const LETTERS_AWAY = 0.08; // of the size of the surfaces
const SIDES = [["R", "L"], ["A", "P"], ["F", "H"]]; // low and high x, y and z
const AXIS = { visible: false, showspikes: false };

/**
 * Triangles, letters and the frame of a slice; the frame comes last.
 *
 * @param {object} shown See model/surfaces.js.
 * @param {{number: number, label: string, color: number[]}[]} segments Those to show.
 * @param {number} slice Whose frame is drawn.
 * @param {boolean} inPatient Whether sides of the patient are known.
 */
export function tracesOf(shown, segments, slice, inPatient) {
  const meshes = shown.meshes.flatMap((mesh) => {
    const segment = segments.find(({ number }) => number === mesh.segment);
    if (segment === undefined) return [];
    return ["drawn", "proposed"].filter((kind) => mesh[kind][0].length > 0).map((kind) => traceOf(mesh, kind, segment));
  });
  const letters = inPatient && meshes.length > 0 ? [lettersAround(shown.meshes)] : [];
  return [...meshes, ...letters, frameOf(shown, slice)];
}

function traceOf({ x, y, z, ...triangles }, kind, { label, color }) {
  const [i, j, k] = triangles[kind];
  return {
    type: "mesh3d", name: `${label}, ${kind}`, x, y, z, i, j, k,
    color: `rgb(${color.join()})`,
    opacity: kind === "proposed" ? PROPOSED_OPACITY : 1,
    lighting: LIGHT,
    lightposition: LIGHT_FROM,
    hoverinfo: "none",
  };
}

function lettersAround(meshes) {
  const ranges = ["x", "y", "z"].map((axis) => {
    const values = meshes.map((mesh) => mesh[axis]).filter(({ length }) => length > 0);
    return [
      Math.min(...values.map((one) => one.reduce((least, value) => Math.min(least, value)))),
      Math.max(...values.map((one) => one.reduce((most, value) => Math.max(most, value)))),
    ];
  });
  const away = LETTERS_AWAY * Math.max(...ranges.map(([low, high]) => high - low));
  const places = SIDES.flatMap((names, axis) =>
    names.map((text, end) => {
      const place = ranges.map(([low, high]) => (low + high) / 2);
      place[axis] = ranges[axis][end] + (end === 0 ? -away : away);
      return { text, place };
    }),
  );
  const coordinate = (axis) => places.map(({ place }) => place[axis]);
  return {
    type: "scatter3d", mode: "text", x: coordinate(0), y: coordinate(1), z: coordinate(2),
    text: places.map(({ text }) => text), textfont: { color: "#f4e9a8", size: 15 }, hoverinfo: "skip",
  };
}

/** The edge of a slice. */
export function frameOf(shown, slice) {
  const corners = cornersOf(shown, slice);
  const coordinate = (axis) => corners.map((place) => place[axis]);
  return {
    type: "scatter3d", mode: "lines", line: LINE, hoverinfo: "skip",
    x: coordinate(0), y: coordinate(1), z: coordinate(2),
  };
}

/** Seen from the front, as long as it is wide in the patient; turning goes on after an update. */
export const LAYOUT = {
  margin: { l: 0, r: 0, t: 0, b: 0 },
  paper_bgcolor: "#000",
  showlegend: false,
  uirevision: "kept",
  scene: {
    aspectmode: "data", bgcolor: "#000", dragmode: "orbit", hovermode: "closest",
    xaxis: AXIS, yaxis: AXIS, zaxis: AXIS,
    camera: { eye: { x: 0.3, y: -1.15, z: 0.35 }, up: { x: 0, y: 0, z: 1 } },
  },
};
