// Brush and eraser on a plane across the slices. The stroke changes every slice whose slab it
// crosses, one pixel deep across the plane; as a sphere, also the pixels before and behind it.

import { setOnLine } from "../masks/lines.js";
import { coverSlabs } from "../masks/slabs.js";
import { sphereSlices } from "../masks/sphere.js";

/**
 * A stroke on a plane that begins at a place, for `take` in drawing.js.
 *
 * @param {object} context See drawing.js.
 * @param {object} grid Of the plane, see view/plane_grid.js.
 * @param {number} index Row or column that the plane goes through.
 * @param {number[]} place [along, depth] in mm.
 * @param {{tool: object, erase: boolean}} how The tool that is put down.
 * @param {(slice: number, start: number, end: number, value: number) => void} painted Called with
 *   stretches of pixels along the plane as they change.
 */
export function beginOnPlane(context, grid, index, place, { tool, erase }, painted) {
  const reached = new Map(); // slice -> whether it may change
  const stroke = { points: [place], erase, tool: { id: tool.id, options: [], move, end } };

  function mayPaint(slice) {
    if (!reached.has(slice)) {
      const count = [...reached.values()].filter(Boolean).length;
      reached.set(slice, count < context.app.info.mostSlices && context.mayPaint(slice, erase));
    }
    return reached.get(slice);
  }

  function cover(points, radius, paint) {
    coverSlabs(points, radius, grid.slabs, grid.step, grid.count, (slice, start, end) => {
      if (mayPaint(slice)) paint(slice, start, end);
    });
  }

  const show = (points) =>
    cover(points, context.app.size / 2, (slice, start, end) => painted(slice, start, end, erase ? 0 : 1));

  function move(_, { points }, places) {
    const piece = [points.at(-1), ...places];
    points.push(...places);
    show(piece);
  }

  function end(_, { points }) {
    const masks = new Map();
    for (const { slice: at, radius } of circlesOf(context.app, tool, grid, index)) {
      const line = { axis: grid.axis, index: at };
      const here = points.map(([along, depth]) => [along, depth - (at - index) * grid.slide]);
      cover(here, radius, (slice, start, stop) => {
        if (!masks.has(slice)) masks.set(slice, context.maskOf(slice));
        setOnLine(masks.get(slice), line, context.shape, start, stop, erase ? 0 : 1);
      });
    }
    const drawn = [...masks].map(([slice, mask]) => ({ slice, mask }));
    context.storeSeveral(drawn, tool.id, erase);
  }

  show(stroke.points);
  return stroke;
}

/** Planes beside each other that the brush reaches, with its radius on each. */
function circlesOf({ size, sphere }, tool, { across, gap }, index) {
  const own = { slice: index, radius: size / 2 };
  if (!sphere || !tool.options.includes("depth")) return [own];
  const places = Array.from({ length: across }, (_, at) => at * gap);
  return [own, ...sphereSlices(places, index, size / 2, across)];
}
