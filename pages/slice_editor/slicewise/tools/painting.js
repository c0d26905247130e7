// What brush, eraser and threshold share: pixels under a moving circle change at once. Brush and
// eraser can be spheres: then the slices that they reach change, too, once the pointer is lifted.

import { coverStroke } from "../masks/rasters.js";
import { shiftBetween, slicePositions, sphereSlices } from "../masks/sphere.js";

/**
 * Starts painting with a stroke.
 *
 * @param {(place: number) => boolean} [accepts] Whether the pixel at a place may change; all may if left out.
 */
export function beginPainting(context, stroke, accepts = null) {
  // What stays with locked segments is left out from the start, so that nothing seems to vanish.
  const held = stroke.erase ? null : context.heldPixels();
  function isFree(place) {
    if (held[place] === 1) stroke.metLocked = true;
    return held[place] === 0 && (accepts?.(place) ?? true);
  }
  Object.assign(stroke, { mask: context.mask(), accepts: held === null ? accepts : isFree, metLocked: false });
  paint(context, stroke, stroke.points);
}

export function continuePainting(context, stroke, places) {
  const piece = [stroke.points.at(-1), ...places];
  stroke.points.push(...places);
  paint(context, stroke, piece);
}

export function endPainting(context, stroke) {
  const { tool, mask, erase, metLocked } = stroke;
  const isSphere = context.app.sphere && tool.options.includes("depth");
  const others = isSphere ? paintNeighbours(context, stroke) : [];
  const drawn = [{ slice: context.app.slice, mask }, ...others];
  context.storeSeveral(drawn, erase ? "eraser" : tool.id, erase, metLocked);
}

/** Other slices that a sphere has changed, with their masks. */
function paintNeighbours({ app, shape, pixelSize, mayPaint, maskOf }, { points, erase }) {
  const { info, slice: middle, size } = app;
  const reached = sphereSlices(slicePositions(info), middle, size / 2, info.mostSlices - 1);
  return reached.filter(({ slice }) => mayPaint(slice, erase)).map(({ slice, radius }) => {
    const mask = maskOf(slice);
    const [across, down] = shiftBetween(info, middle, slice);
    const here = points.map(([x, y]) => [x + across, y + down]);
    coverStroke(here, radius, pixelSize, shape, (row, start, end) => {
      mask.fill(erase ? 0 : 1, row * shape[1] + start, row * shape[1] + end);
    });
    return { slice, mask };
  });
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
