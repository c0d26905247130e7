// A free line around a structure; its inside is filled when the pointer is lifted.

import { fillPolygon } from "../masks/rasters.js";

export const outline = {
  id: "outline",
  name: "Outline",
  key: "o",
  help: "Draw a line around the structure; its inside is filled",
  icon: "M8 3c4-1 6 2 5 5s-4 5-7 4-5-4-3-7c1-1.500 3-1.700 5-2z",
  options: ["mode"],
  cursor: "crosshair",
  move(context, stroke, places) {
    stroke.points.push(...places);
  },
  end(context, { points, erase }) {
    if (points.length < 3) return;
    const mask = context.mask();
    fillPolygon(mask, points, context.shape, erase ? 0 : 1);
    context.store(mask, "outline", erase);
  },
  sketch: (context, stroke) => ({ lines: stroke === null ? [] : [{ points: stroke.points }] }),
};
