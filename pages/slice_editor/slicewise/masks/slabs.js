// Brush strokes on a plane across the slices. There a slice is a slab: it reaches half way to its
// neighbours. A stroke changes every slab that it crosses, however thick; along the slab, a pixel
// changes when its centre lies within the radius of the brush at some depth of the slab.

import { chordOf, TOUCHING } from "./rasters.js";

/**
 * Pixels of slabs within `radius` of a line through points.
 *
 * @param {number[][]} points [along, depth] in mm; one point is a dot.
 * @param {number} radius In mm.
 * @param {{low: number, high: number, left: number}[]} slabs Depths between which each slice lies,
 *   in mm, and how many pixels of the plane lie before its first one.
 * @param {number} step Distance of neighbouring pixels along the plane in mm.
 * @param {number} count Pixels of a slice along the plane.
 * @param {(slice: number, start: number, end: number) => void} paint Called for stretches of
 *   pixels, which may overlap.
 */
export function coverSlabs(points, radius, slabs, step, count, paint) {
  const reach = radius + TOUCHING;
  const places = points.length === 1 ? [points[0], points[0]] : points;
  for (let index = 1; index < places.length; index++) {
    const [one, other] = [places[index - 1], places[index]];
    slabs.forEach(({ low, high, left: first }, slice) => {
      const [left, right] = stretchOf(one, other, reach, low, high);
      if (left > right) return;
      const start = Math.max(0, Math.ceil(left / step - 0.5) - first);
      const end = Math.min(count - 1, Math.floor(right / step - 0.5) - first) + 1;
      if (start < end) paint(slice, start, end);
    });
  }
}

/**
 * Lowest and highest place along the plane that a piece of a stroke reaches within a slab. What the
 * brush sweeps is convex: it is widest at the ends of the piece, or else at a face of the slab.
 */
function stretchOf(one, other, reach, low, high) {
  const top = Math.min(one[1], other[1]) - reach;
  const bottom = Math.max(one[1], other[1]) + reach;
  if (bottom <= low + 2 * TOUCHING || top >= high - 2 * TOUCHING) return [Infinity, -Infinity];
  const depths = [low, high, ...[one[1], other[1]].filter((depth) => depth > low && depth < high)];
  const chords = depths.map((depth) => chordOf(one, other, reach, depth));
  return [Math.min(...chords.map(([left]) => left)), Math.max(...chords.map(([, right]) => right))];
}
