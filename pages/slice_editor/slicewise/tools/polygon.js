// Clicks set corners; the polygon is filled once it is closed, and follows its corners afterwards.
//
// `context.open` holds its corners, whether it is closed, the corner being dragged, whether lifting
// the pointer closes it, whether it erases, and the mask before it was closed.

import { fillPolygon } from "../masks/rasters.js";

export const polygon = {
  id: "polygon",
  name: "Polygon",
  key: "p",
  help: "Click to set corners; click the first one or press Enter to close; then drag corners",
  icon: "M3 5l6-2.500 4.500 5L9 13.500 3.500 11z",
  options: ["mode"],
  cursor: "crosshair",
  isClick: true,
  begin,
  move(context, stroke, places) {
    const { open } = context;
    if (open !== null && open.dragged !== null && !open.closing) open.corners[open.dragged] = places.at(-1);
  },
  end(context) {
    const { open } = context;
    if (open === null || open.dragged === null) return;
    open.dragged = null;
    if (open.closing) close(context);
    else if (open.closed) fill(context);
  },
  interrupt(context, stroke) {
    context.open = stroke.openBefore;
  },
  cancel(context) {
    context.open = null;
  },
  isOpen: (open) => !open.closed,
  openText: () => "polygon open: press Enter to close it",
  close,
  /** Takes back the newest corner while it is open. */
  stepBack(context) {
    const { open } = context;
    if (open.closed) return false;
    open.corners.pop();
    open.dragged = null;
    if (open.corners.length === 0) context.open = null;
    return true;
  },
  sketch,
};

function begin(context, stroke) {
  const { open } = context;
  const [place] = stroke.points;
  stroke.openBefore = open === null ? null : { ...open, corners: [...open.corners] };
  if (open !== null) {
    const near = open.corners.findIndex((corner) => context.isNear(corner, place));
    if (near >= 0) {
      open.closing = near === 0 && !open.closed && open.corners.length > 2;
      open.dragged = near;
      return;
    }
    if (!open.closed) {
      open.corners.push(place);
      open.dragged = open.corners.length - 1;
      return;
    }
  }
  const { erase } = stroke;
  context.open = {
    tool: polygon, corners: [place], closed: false, closing: false, dragged: 0, erase, before: null,
  };
}

function close(context) {
  const { open } = context;
  if (open.closed || open.corners.length < 3) return;
  open.closed = true;
  open.before = context.mask();
  fill(context);
}

function fill(context) {
  const { before, corners, erase } = context.open;
  const mask = before.slice();
  fillPolygon(mask, corners, context.shape, erase ? 0 : 1);
  // Moving a corner inwards takes away what the polygon had added before.
  context.store(mask, "polygon", true);
}

function sketch(context, stroke, cursor) {
  if (context.open?.tool !== polygon) return {};
  const { corners, closed } = context.open;
  const lines = [{ points: corners, closed, width: 1.5 }];
  if (!closed && cursor !== null) {
    lines.push({ points: [corners.at(-1), cursor], width: 1.5, dash: [3, 4] });
  }
  const handles = corners.map((place, index) => ({ place, radius: index === 0 && !closed ? 6 : 4 }));
  return { lines, handles };
}
