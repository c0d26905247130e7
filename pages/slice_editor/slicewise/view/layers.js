// Masks as images of the slice's own size, one for each segment, and their outlines.

import { outlines } from "../masks/contours.js";
import { forEachRun, isEmptyCode, sameCode } from "../masks/run_length.js";

const NOWHERE = { top: Infinity, left: Infinity, bottom: 0, right: 0 };

/** Smallest rectangle around two. */
export function around(one, other) {
  return {
    top: Math.min(one.top, other.top),
    left: Math.min(one.left, other.left),
    bottom: Math.max(one.bottom, other.bottom),
    right: Math.max(one.right, other.right),
  };
}

/**
 * @param {number[]} shape Rows and columns.
 */
export function createLayers(shape) {
  const [rows, columns] = shape;
  const layers = new Map(); // segment -> layer

  function layerOf(segment) {
    if (!layers.has(segment)) {
      const canvas = document.createElement("canvas");
      canvas.width = columns;
      canvas.height = rows;
      const mask = new Uint8Array(rows * columns);
      layers.set(segment, { canvas, mask, code: null, outlines: null, color: "", area: NOWHERE });
    }
    return layers.get(segment);
  }

  return {
    /** Layer of a segment, or null where nothing of it was ever shown or nothing is. */
    get(segment) {
      const layer = layers.get(segment);
      return layer === undefined || layer.area === NOWHERE ? null : layer;
    },

    /** Puts a mask, given as code, into the layer of its segment. */
    setMask(segment, code, color) {
      const name = color.join();
      const known = layers.get(segment);
      if (known === undefined && isEmptyCode(code)) return;
      if (known?.code && sameCode(known.code, code) && known.color === name) return;
      const layer = layerOf(segment);
      const { left, top, right, bottom } = layer.area;
      if (left < right) {
        layer.canvas.getContext("2d").clearRect(left, top, right - left, bottom - top);
      }
      const { mask, area } = decode(code, shape);
      Object.assign(layer, { mask, area, code, color: name, outlines: null });
      fillColor(layer, color, area, columns);
    },

    /** Shows changes of a mask being painted, within a rectangle of image pixels. */
    touchMask(segment, mask, color, area) {
      const layer = layerOf(segment);
      Object.assign(layer, { mask, code: null, outlines: null, area: around(layer.area, area) });
      fillColor(layer, color, area, columns);
    },

    /** Outlines of a layer; those near an area only, `margin` pixels around it, while it is painted. */
    outlinesOf(layer, area, margin) {
      if (layer.outlines !== null) return layer.outlines;
      if (area === null) return (layer.outlines = outlines(layer.mask, shape));
      return outlinesNear(layer.mask, shape, area, margin);
    },
  };
}

/** Mask of a code and the rectangle around it: only that costs time, and most slices hold little. */
function decode(code, [rows, columns]) {
  const mask = new Uint8Array(rows * columns);
  let area = NOWHERE;
  forEachRun(code, rows * columns, (start, end) => {
    mask.fill(1, start, end);
    const first = Math.floor(start / columns);
    const last = Math.floor((end - 1) / columns);
    const inOneRow = first === last;
    area = around(area, {
      top: first,
      bottom: last + 1,
      left: inOneRow ? start - first * columns : 0,
      right: inOneRow ? end - first * columns : columns,
    });
  });
  return { mask, area };
}

function fillColor(layer, [red, green, blue], { top, left, bottom, right }, columns) {
  const [width, height] = [right - left, bottom - top];
  if (width <= 0 || height <= 0) return;
  const context = layer.canvas.getContext("2d");
  const part = context.createImageData(width, height);
  const pixels = new Uint32Array(part.data.buffer);
  const value = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  for (let row = 0; row < height; row++) {
    const from = (top + row) * columns + left;
    const to = row * width;
    for (let column = 0; column < width; column++) {
      if (layer.mask[from + column] === 1) pixels[to + column] = value;
    }
  }
  context.putImageData(part, left, top);
}

/** The cut makes edges of its own, which must lie outside of what is drawn: hence the margin. */
function outlinesNear(mask, [rows, columns], area, margin) {
  const top = Math.max(0, area.top - margin);
  const left = Math.max(0, area.left - margin);
  const height = Math.min(rows, area.bottom + margin) - top;
  const width = Math.min(columns, area.right + margin) - left;
  const part = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * columns + left;
    part.set(mask.subarray(from, from + width), row * width);
  }
  return outlines(part, [height, width]).map((outline) =>
    outline.map((value, at) => value + (at % 2 === 0 ? left : top)),
  );
}
