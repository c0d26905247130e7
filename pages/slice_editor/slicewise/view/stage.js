// The slice on the screen: three canvases above each other, so that painting redraws masks only.
//
// `image` holds the grey values, `masks` the segments, `pointer` what follows the cursor. Masks are
// kept as images of the slice's own size; outlines are drawn in screen pixels, so that they stay
// thin however far one zooms in.

import { outlines } from "../masks/contours.js";
import { forEachRun, isEmptyCode, sameCode } from "../masks/run_length.js";
import { fitView, toScreen } from "./zoom.js";

const PROPOSED_SHARE = 0.35; // of the opacity: a proposal never looks like a drawn mask
const OTHERS_SHARE = 0.4;
const SMOOTH_BELOW = 6; // screen pixels per image pixel: beyond, people want to see the pixels
const DASH = [6, 4];
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
 * @param {object|null} before View that the person had, and the size of the screen it was for.
 * @param {number[]} picture Rows and columns of the grey values, which may be finer than the masks.
 */
export function createStage(root, shape, spacing, before, picture = shape) {
  const [rows, columns] = shape;
  const canvases = Object.fromEntries(
    ["image", "masks", "pointer"].map((name) => [name, root.querySelector(`canvas.${name}`)]),
  );
  const screen = { ...(before?.screen ?? { width: 1, height: 1 }) };
  const grey = document.createElement("canvas");
  [grey.height, grey.width] = picture;
  const greyContext = grey.getContext("2d");
  const greyPixels = greyContext.createImageData(grey.width, grey.height);
  const greyNumbers = new Uint32Array(greyPixels.data.buffer);
  const layers = new Map(); // segment -> layer
  let view = before?.view ?? fitView(shape, spacing, screen);
  let density = 1;

  function resize() {
    const { clientWidth: width, clientHeight: height } = root;
    // Not laid out yet: a view made for no room at all would be of no use later.
    if (width === 0 || height === 0) return;
    density = globalThis.devicePixelRatio || 1;
    const fitted = isFitted();
    const [dx, dy] = [(width - screen.width) / 2, (height - screen.height) / 2];
    screen.width = width;
    screen.height = height;
    for (const canvas of Object.values(canvases)) {
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
    }
    if (fitted) view = fitView(shape, spacing, screen);
    else view = { ...view, x: view.x + dx, y: view.y + dy };
  }

  function isFitted() {
    const fit = fitView(shape, spacing, screen);
    return ["scale", "x", "y"].every((name) => Math.abs(fit[name] - view[name]) < 1e-6);
  }

  function inImagePixels(context) {
    context.setTransform(
      density * view.scale * spacing[1], 0, 0, density * view.scale * spacing[0],
      density * view.x, density * view.y,
    );
  }

  function inScreenPixels(context) {
    context.setTransform(density, 0, 0, density, 0, 0);
  }

  function clear(context) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  }

  /** Draws the grey values; `numbers` null leaves the slice black. */
  function drawImage(numbers, table) {
    if (numbers === null) greyNumbers.fill(0xff000000);
    else for (let place = 0; place < numbers.length; place++) greyNumbers[place] = table[numbers[place]];
    greyContext.putImageData(greyPixels, 0, 0);
    placeImage();
  }

  /** Draws the grey values again in another place or size. */
  function placeImage() {
    const context = canvases.image.getContext("2d", { alpha: false });
    clear(context);
    inImagePixels(context);
    const pixel = (view.scale * Math.max(...spacing) * density * columns) / grey.width;
    context.imageSmoothingEnabled = pixel < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    context.drawImage(grey, 0, 0, columns, rows);
  }

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

  /** Puts a mask, given as code, into the layer of its segment. */
  function setMask(segment, code, color) {
    const name = color.join();
    const known = layers.get(segment);
    if (known === undefined && isEmptyCode(code)) return;
    if (known?.code && sameCode(known.code, code) && known.color === name) return;
    const layer = layerOf(segment);
    const { left, top, right, bottom } = layer.area;
    if (left < right) {
      layer.canvas.getContext("2d").clearRect(left, top, right - left, bottom - top);
    }
    layer.mask = new Uint8Array(rows * columns);
    layer.area = NOWHERE;
    // Only the rectangle around the mask costs time: most slices hold little or nothing.
    forEachRun(code, rows * columns, (start, end) => {
      layer.mask.fill(1, start, end);
      const first = Math.floor(start / columns);
      const last = Math.floor((end - 1) / columns);
      const inOneRow = first === last;
      layer.area = around(layer.area, {
        top: first,
        bottom: last + 1,
        left: inOneRow ? start - first * columns : 0,
        right: inOneRow ? end - first * columns : columns,
      });
    });
    layer.code = code;
    layer.color = name;
    layer.outlines = null;
    colour(layer, color, layer.area);
  }

  /** Shows changes of a mask being painted, within a rectangle of image pixels. */
  function touchMask(segment, mask, color, area) {
    const layer = layerOf(segment);
    layer.mask = mask;
    layer.code = null;
    layer.outlines = null;
    layer.area = around(layer.area, area);
    colour(layer, color, area);
  }

  function colour(layer, [red, green, blue], { top, left, bottom, right }) {
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

  /**
   * Draws all masks.
   *
   * @param {object[]} shown `{segment, color, state, active}`, the last one on top.
   * @param {{opacity: number, filled: boolean, hidden: boolean}} style
   * @param {object|null} area Rectangle of image pixels outside of which nothing changed.
   */
  function drawMasks(shown, style, area = null) {
    const context = canvases.masks.getContext("2d");
    context.save();
    if (area !== null) {
      inScreenPixels(context);
      const start = toScreen(view, spacing, [area.left, area.top]);
      const end = toScreen(view, spacing, [area.right, area.bottom]);
      const x = Math.floor(start.x) - 4;
      const y = Math.floor(start.y) - 4;
      context.beginPath();
      context.rect(x, y, Math.ceil(end.x) + 4 - x, Math.ceil(end.y) + 4 - y);
      context.clip();
    }
    clear(context);
    if (!style.hidden) for (const one of shown) drawMask(context, one, style, area);
    context.restore();
  }

  function drawMask(context, { segment, color, state, active }, style, area) {
    const layer = layers.get(segment);
    if (layer === undefined || layer.area === NOWHERE) return;
    const proposed = state === "proposed";
    if (style.filled) {
      inImagePixels(context);
      context.imageSmoothingEnabled = false;
      const share = (proposed ? PROPOSED_SHARE : 1) * (active ? 1 : OTHERS_SHARE);
      context.globalAlpha = style.opacity * share;
      context.drawImage(layer.canvas, 0, 0);
      context.globalAlpha = 1;
    }
    inScreenPixels(context);
    context.beginPath();
    for (const outline of outlinesOf(layer, area)) {
      for (let at = 0; at < outline.length; at += 2) {
        const place = toScreen(view, spacing, [outline[at], outline[at + 1]]);
        if (at === 0) context.moveTo(place.x, place.y);
        else context.lineTo(place.x, place.y);
      }
      context.closePath();
    }
    context.setLineDash(proposed ? DASH : []);
    context.lineWidth = active ? 1.6 : 1;
    context.globalAlpha = active ? 1 : 0.75;
    context.strokeStyle = `rgb(${color.join()})`;
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Outlines of a layer; while it is painted only those near the area that changed. */
  function outlinesOf(layer, area) {
    if (layer.outlines !== null) return layer.outlines;
    if (area === null) return (layer.outlines = outlines(layer.mask, shape));
    // The cut makes edges of its own, which must lie outside of what is drawn.
    const margin = Math.ceil(10 / (view.scale * Math.min(...spacing))) + 2;
    const top = Math.max(0, area.top - margin);
    const left = Math.max(0, area.left - margin);
    const height = Math.min(rows, area.bottom + margin) - top;
    const width = Math.min(columns, area.right + margin) - left;
    const part = new Uint8Array(height * width);
    for (let row = 0; row < height; row++) {
      const from = (top + row) * columns + left;
      part.set(layer.mask.subarray(from, from + width), row * width);
    }
    return outlines(part, [height, width]).map((outline) =>
      outline.map((value, at) => value + (at % 2 === 0 ? left : top)),
    );
  }

  /** Clears the canvas of the pointer and draws on it in CSS pixels. */
  function drawPointer(draw) {
    const context = canvases.pointer.getContext("2d");
    clear(context);
    inScreenPixels(context);
    context.setLineDash([]);
    draw(context);
  }

  return {
    screen,
    view: () => view,
    setView: (other) => (view = other),
    fit: () => (view = fitView(shape, spacing, screen)),
    resize,
    drawImage,
    placeImage,
    setMask,
    touchMask,
    drawMasks,
    drawPointer,
  };
}
