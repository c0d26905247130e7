// What brush, eraser and threshold share: pixels under a moving circle change at once.

import { coverStroke } from "../masks/rasters.js";

/**
 * Starts painting with a stroke.
 *
 * @param {(place: number) => boolean} [accepts] Whether the pixel at a place may change; all may if left out.
 */
export function beginPainting(context, stroke, accepts = null) {
  Object.assign(stroke, { mask: context.mask(), accepts });
  paint(context, stroke, stroke.points);
}

export function continuePainting(context, stroke, places) {
  const piece = [stroke.points.at(-1), ...places];
  stroke.points.push(...places);
  paint(context, stroke, piece);
}

export function endPainting(context, { tool, mask, erase }) {
  context.store(mask, erase ? "eraser" : tool.id, erase);
}

function paint(context, { mask, erase, accepts }, points) {
  const [rows, columns] = context.shape;
  const value = erase ? 0 : 1;
  const area = { top: rows, left: columns, bottom: 0, right: 0 };
  coverStroke(points, context.app.size / 2, context.pixelSize, context.shape, (row, start, end) => {
    const from = row * columns;
    if (accepts === null) mask.fill(value, from + start, from + end);
    else {
      for (let place = from + start; place < from + end; place++) {
        if (accepts(place)) mask[place] = value;
      }
    }
    area.top = Math.min(area.top, row);
    area.bottom = Math.max(area.bottom, row + 1);
    area.left = Math.min(area.left, start);
    area.right = Math.max(area.right, end);
  });
  if (area.top < area.bottom) context.painted(mask, area);
}
