// What the tools make of the pointer. Places are image coordinates [column, row].

import { coverPolygon, coverStroke } from "../masks/rasters.js";
import { floodFill } from "../masks/regions.js";
import { decodeRuns, encodeRuns } from "../masks/run_length.js";

const HINT_MM = 3; // diameter of hint strokes

/**
 * @param {object} app
 * @param {object} shown Callbacks: `painted(mask, area)` while painting, `changed(message)` after.
 */
export function createDrawing(app, shown) {
  const [, rows, columns] = app.info.shape;
  const shape = [rows, columns];
  const pixelSize = [app.info.spacing[2], app.info.spacing[1]];
  let stroke = null; // brush, eraser, threshold, outline or hint being drawn
  let polygon = null; // corners, whether it is closed, the mask before it
  let polygonBefore = null; // as it was before the pointer came down
  let hints = null; // strokes on one slice and the mask before them

  const current = () => app.annotation.shown(app.segment, app.slice);
  const currentMask = () => decodeRuns(current().code, rows * columns);
  const inNumbers = (value) => (value - app.info.offset) / app.info.slope;

  function store(mask, tool, erased) {
    const code = encodeRuns(mask);
    const message = app.annotation.draw(app.segment, app.slice, code, { tool, erased });
    shown.changed(message);
    return message;
  }

  function paintPiece(points) {
    const { mask, value, low, high, numbers } = stroke;
    const area = { top: rows, left: columns, bottom: 0, right: 0 };
    coverStroke(points, app.size / 2, pixelSize, shape, (row, start, end) => {
      const from = row * columns;
      if (numbers === null) mask.fill(value, from + start, from + end);
      else {
        for (let place = from + start; place < from + end; place++) {
          if (numbers[place] >= low && numbers[place] <= high) mask[place] = value;
        }
      }
      area.top = Math.min(area.top, row);
      area.bottom = Math.max(area.bottom, row + 1);
      area.left = Math.min(area.left, start);
      area.right = Math.max(area.right, end);
    });
    if (area.top < area.bottom) shown.painted(mask, area);
  }

  function fillOutline(points, value, tool) {
    const mask = currentMask();
    coverPolygon(points, shape, (row, start, end) =>
      mask.fill(value, row * columns + start, row * columns + end),
    );
    store(mask, tool, value === 0);
  }

  function begin(place, tool, opposite) {
    const value = (tool === "eraser" ? !opposite : app.erase !== opposite) ? 0 : 1;
    if (tool === "polygon") {
      polygonBefore = polygon === null ? null : { ...polygon, corners: [...polygon.corners] };
      beginPolygon(place, value);
      return;
    }
    stroke = { tool, value, points: [place], mask: null, numbers: null };
    if (["brush", "eraser", "threshold"].includes(tool)) {
      // The brush always adds and the eraser always removes, unless Alt is held.
      if (tool === "brush") stroke.value = opposite ? 0 : 1;
      stroke.mask = currentMask();
      if (tool === "threshold") {
        stroke.numbers = app.pixels.get(app.slice);
        stroke.low = inNumbers(app.range[0]);
        stroke.high = inNumbers(app.range[1]);
        if (stroke.numbers === null) stroke = null;
      }
      if (stroke !== null) paintPiece([place]);
    }
  }

  function move(places) {
    if (polygon?.dragged !== undefined && polygon.dragged !== null) {
      if (!polygon.closing) polygon.corners[polygon.dragged] = places.at(-1);
      return;
    }
    if (stroke === null || stroke.tool === "region") return;
    const piece = [stroke.points.at(-1), ...places];
    stroke.points.push(...places);
    if (stroke.mask !== null) paintPiece(piece);
  }

  function end() {
    if (polygon !== null && polygon.dragged !== null) {
      polygon.dragged = null;
      if (polygon.closing) closePolygon();
      else if (polygon.closed) applyPolygon();
      return;
    }
    if (stroke === null) return;
    const { tool, value, points, mask } = stroke;
    stroke = null;
    if (mask !== null) store(mask, value === 0 ? "eraser" : tool, value === 0);
    else if (tool === "outline" && points.length > 2) fillOutline(points, value, "outline");
    else if (tool === "region") fillRegion(points[0], value);
    else if (tool === "hint-add" || tool === "hint-remove") giveHint(tool, points);
    shown.changed(null);
  }

  function fillRegion([column, row], value) {
    const numbers = app.pixels.get(app.slice);
    const [x, y] = [Math.floor(column), Math.floor(row)];
    if (numbers === null || x < 0 || y < 0 || x >= columns || y >= rows) return;
    const region = floodFill(numbers, shape, y, x, app.tolerance / app.info.slope);
    const mask = currentMask();
    for (let place = 0; place < mask.length; place++) if (region[place] === 1) mask[place] = value;
    store(mask, "region", value === 0);
  }

  function beginPolygon(place, value) {
    if (polygon !== null) {
      const near = polygon.corners.findIndex((corner) => shown.isNear(corner, place));
      if (near >= 0) {
        polygon.closing = near === 0 && !polygon.closed && polygon.corners.length > 2;
        polygon.dragged = near;
        return;
      }
      if (!polygon.closed) {
        polygon.corners.push(place);
        polygon.dragged = polygon.corners.length - 1;
        return;
      }
    }
    polygon = { corners: [place], closed: false, closing: false, dragged: 0, value, before: null };
  }

  function closePolygon() {
    if (polygon === null || polygon.closed || polygon.corners.length < 3) return;
    polygon.closed = true;
    polygon.before = currentMask();
    applyPolygon();
  }

  function applyPolygon() {
    const mask = polygon.before.slice();
    coverPolygon(polygon.corners, shape, (row, start, end) =>
      mask.fill(polygon.value, row * columns + start, row * columns + end),
    );
    // Moving a corner inwards takes away what the polygon had added before.
    store(mask, "polygon", true);
  }

  function giveHint(tool, points) {
    if (hints === null || hints.segment !== app.segment || hints.slice !== app.slice) {
      const nothing = new Uint8Array(rows * columns);
      hints = {
        segment: app.segment,
        slice: app.slice,
        mask: current().code,
        added: nothing,
        removed: nothing.slice(),
        strokes: [],
      };
    }
    const [painted, other] =
      tool === "hint-add" ? [hints.added, hints.removed] : [hints.removed, hints.added];
    const diameter = app.info.inPatient ? HINT_MM : 3 * Math.min(...pixelSize);
    coverStroke(points, Math.max(diameter / 2, Math.max(...pixelSize) / 2), pixelSize, shape, (row, start, end) => {
      painted.fill(1, row * columns + start, row * columns + end);
      other.fill(0, row * columns + start, row * columns + end);
    });
    hints.strokes.push({ tool, points });
    const message = app.annotation.ask({
      kind: "hints",
      segment: hints.segment,
      slice: hints.slice,
      base: app.annotation.shown(hints.segment, hints.slice).base ?? current().version,
      mask: hints.mask,
      added: encodeRuns(hints.added),
      removed: encodeRuns(hints.removed),
      patience: 60000,
    });
    shown.changed(message);
  }

  return {
    begin,
    move,
    end,
    closePolygon,
    /** Drops what the pointer does that is down, as if it had not come down. */
    interrupt() {
      if (polygon !== null && polygon.dragged !== null) polygon = polygonBefore;
      stroke = null;
      shown.changed(null);
    },
    /** Takes back the newest corner of an open polygon; whether there was one. */
    dropCorner() {
      if (polygon === null || polygon.closed) return false;
      polygon.corners.pop();
      polygon.dragged = null;
      if (polygon.corners.length === 0) polygon = null;
      shown.changed(null);
      return true;
    },
    /** Drops what is being drawn; a mask being painted is as before. */
    cancel() {
      const dropped = stroke !== null || (polygon !== null && !polygon.closed);
      stroke = null;
      polygon = null;
      if (dropped) shown.changed(null);
      return dropped;
    },
    /** Finishes what is open, before the slice, segment or tool changes. */
    settle() {
      if (stroke !== null) end();
      if (polygon !== null && !polygon.closed) closePolygon();
      polygon = null;
      hints = null;
    },
    isDrawing: () => stroke !== null || (polygon !== null && polygon.dragged !== null),
    isOpen: () => polygon !== null && !polygon.closed,
    /** What the pointer's canvas shows besides the cursor. */
    sketch: () => ({
      line: stroke !== null && stroke.mask === null ? stroke : null,
      polygon,
      hints: hints?.strokes ?? [],
    }),
    /** Forgets hints and polygon because the mask changed otherwise. */
    forget() {
      hints = null;
      polygon = null;
    },
  };
}
