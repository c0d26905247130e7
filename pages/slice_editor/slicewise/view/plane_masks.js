// Masks on a plane across the slices: each slice as thick as it is, proposals apart from drawings.

import { forEachOnLine } from "../masks/lines.js";
import { PREVIEW_COLOR } from "./stage.js";

/**
 * @param {object} app
 * @param {object} grid See plane_grid.js.
 * @param {object} stage Of the plane; its layers are named "3 drawn", "3 proposed".
 * @param {() => boolean} isDrawing Whether a stroke is under way.
 */
export function createPlaneMasks(app, grid, stage, isDrawing) {
  const [rows, columns] = grid.shape;
  const everywhere = { top: 0, left: 0, bottom: rows, right: columns };
  const lines = new Map(); // name of a layer -> its pixels, one row for each slice
  let drawn = null; // {segment, mask}: the stroke under way

  function put(name, color, found) {
    const key = color.join();
    const known = lines.get(name);
    if (found === null && known === undefined) return;
    const pixels = found ?? new Uint8Array(grid.slabs.length * grid.count);
    if (known?.key === key && isSame(known.pixels, pixels)) return;
    lines.set(name, { key, pixels });
    stage.touchMask(name, spread(grid, pixels), color, everywhere);
  }

  function colorOf(segment) {
    return app.info.segments.find(({ number }) => number === segment)?.color ?? PREVIEW_COLOR;
  }

  return {
    /** Takes in what is stored, and what was drawn since, along a line of the slices. */
    update(line) {
      if (!isDrawing()) drawn = null;
      for (const segment of [...app.info.segments.map(({ number }) => number), app.previewSegment]) {
        if (segment === drawn?.segment) continue;
        const found = linesOf(app, grid, line, segment);
        for (const kind of ["drawn", "proposed"]) put(`${segment} ${kind}`, colorOf(segment), found[kind]);
      }
    },
    /** Layers in the order in which they are drawn. */
    shown() {
      const segments = app.info.segments
        .filter(({ number }) => app.display.isShown(number))
        .toSorted((one, other) => (one.number === app.segment) - (other.number === app.segment));
      const layers = segments.flatMap(({ number, color }) => {
        const how = { color, active: number === app.segment, share: app.display.opacityOf(number) };
        return ["proposed", "drawn"].map((state) => ({ segment: `${number} ${state}`, state, ...how }));
      });
      return [...layers, { segment: `${app.previewSegment} drawn`, color: PREVIEW_COLOR, preview: true }];
    },
    /** A stroke begins on a segment: until it ends, `paint` changes what is shown. */
    begin(segment) {
      const [one, other] = ["drawn", "proposed"].map((kind) => lines.get(`${segment} ${kind}`)?.pixels);
      const pixels = new Uint8Array(grid.slabs.length * grid.count);
      for (const known of [one, other]) known?.forEach((value, place) => (pixels[place] |= value));
      for (const kind of ["drawn", "proposed"]) lines.delete(`${segment} ${kind}`);
      stage.touchMask(`${segment} proposed`, new Uint8Array(rows * columns), colorOf(segment), everywhere);
      drawn = { segment, mask: spread(grid, pixels) };
      stage.touchMask(`${segment} drawn`, drawn.mask, colorOf(segment), everywhere);
    },
    paint(slice, start, end, value) {
      const { top, bottom, left: first } = grid.slabs[slice];
      const [left, right] = [first + start, first + end];
      for (let row = top; row < bottom; row++) drawn.mask.fill(value, row * columns + left, row * columns + right);
      stage.touchMask(`${drawn.segment} drawn`, drawn.mask, colorOf(drawn.segment), { top, bottom, left, right });
    },
  };
}

/** Pixels of a segment along a line of the slices; null where there are none. */
function linesOf({ annotation }, { slabs, count, shapeOfSlice }, line, segment) {
  const found = { drawn: null, proposed: null };
  for (let slice = 0; slice < slabs.length; slice++) {
    const { code, state } = annotation.shown(segment, slice);
    const kind = state === "proposed" ? "proposed" : "drawn";
    forEachOnLine(code, line, shapeOfSlice, (start, end) => {
      found[kind] ??= new Uint8Array(slabs.length * count);
      found[kind].fill(1, slice * count + start, slice * count + end);
    });
  }
  return found;
}

function isSame(one, other) {
  return one.every((value, place) => value === other[place]);
}

/** Makes every slice as thick as it is, and puts it where it is. */
function spread({ shape: [rows, columns], count, slabs }, pixels) {
  const mask = new Uint8Array(rows * columns);
  slabs.forEach(({ top, bottom, left }, slice) => {
    const line = pixels.subarray(slice * count, (slice + 1) * count);
    for (let row = top; row < bottom; row++) mask.set(line, row * columns + left);
  });
  return mask;
}
