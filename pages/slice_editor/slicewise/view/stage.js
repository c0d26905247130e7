// The slice on the screen: three canvases above each other, so that painting redraws masks only.
//
// `image` holds the grey values, `masks` the segments, `pointer` what follows the cursor. Masks are
// kept as images of the slice's own size; outlines are drawn in screen pixels, so that they stay
// thin however far one zooms in.

import { createLayers } from "./layers.js";
import { fitView, toScreen } from "./zoom.js";

const SMOOTH_BELOW = 6; // screen pixels per image pixel: beyond, people want to see the pixels
const BLACK = 0xff000000;
const DASH = [6, 4];
export const PREVIEW_COLOR = [255, 255, 255];
export const PREVIOUS_COLOR = [0, 229, 255]; // of the version before the one shown
const PREVIEW_EDGE = "rgb(0 0 0 / 70%)"; // on either side, so that it shows on white, too
const OUTLINE_MARGIN = 10; // CSS pixels around what changed
const CLIP_MARGIN = 4;

/**
 * @param {HTMLElement} root Holds the canvases.
 * @param {number[]} shape Rows and columns of the masks.
 * @param {number[]} spacing Height and width of a pixel in mm.
 * @param {{proposed: number, others: number}} shares Of the opacity, for proposals and for segments
 *   other than the one being worked on.
 * @param {object|null} before View that the person had, and the size of the screen it was for.
 * @param {number[]} picture Rows and columns of the grey values, which may be finer than the masks.
 */
export function createStage(root, shape, spacing, shares, before, picture = shape) {
  const stage = {
    root,
    shape,
    spacing,
    shares,
    canvases: Object.fromEntries(
      ["image", "masks", "pointer"].map((name) => [name, root.querySelector(`canvas.${name}`)]),
    ),
    screen: { ...(before?.screen ?? { width: 1, height: 1 }) },
    grey: createGrey(picture),
    layers: createLayers(shape),
    density: 1,
  };
  stage.view = before?.view ?? fitView(shape, spacing, stage.screen);
  return {
    screen: stage.screen,
    view: () => stage.view,
    setView: (other) => (stage.view = other),
    fit: () => (stage.view = fitView(shape, spacing, stage.screen)),
    resize: () => resize(stage),
    /** Draws the grey values; `numbers` null leaves the slice black, as `gaps` are, [start, end] of pixels. */
    drawImage(numbers, table, gaps = []) {
      stage.grey.fill(numbers, table, gaps);
      placeImage(stage);
    },
    /** Draws the grey values again in another place or size. */
    placeImage: () => placeImage(stage),
    setMask: (...mask) => stage.layers.setMask(...mask),
    touchMask: (...change) => stage.layers.touchMask(...change),
    drawMasks: (shown, style, area = null) => drawMasks(stage, shown, style, area),
    /** Forgets grey values and masks: the canvases that held them may have lost them. */
    renew() {
      stage.grey = createGrey(picture);
      stage.layers = createLayers(shape);
    },
    /** Clears the canvas of the pointer and draws on it in CSS pixels. */
    drawPointer(draw) {
      const context = stage.canvases.pointer.getContext("2d");
      clear(context);
      inScreenPixels(stage, context);
      context.setLineDash([]);
      draw(context);
    },
  };
}

/** A canvas of the grey values' own size. */
function createGrey([rows, columns]) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = [rows, columns];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  const values = new Uint32Array(pixels.data.buffer);
  return {
    canvas,
    fill(numbers, table, gaps) {
      if (numbers === null) values.fill(BLACK);
      else for (let place = 0; place < numbers.length; place++) values[place] = table[numbers[place]];
      for (const [start, end] of gaps) values.fill(BLACK, start, end);
      context.putImageData(pixels, 0, 0);
    },
  };
}

function resize(stage) {
  const { root, shape, spacing, screen, canvases } = stage;
  const { clientWidth: width, clientHeight: height } = root;
  // Not laid out yet: a view made for no room at all would be of no use later.
  if (width === 0 || height === 0) return;
  stage.density = globalThis.devicePixelRatio || 1;
  const fitted = isFitted(stage);
  const [dx, dy] = [(width - screen.width) / 2, (height - screen.height) / 2];
  screen.width = width;
  screen.height = height;
  for (const canvas of Object.values(canvases)) {
    canvas.width = Math.round(width * stage.density);
    canvas.height = Math.round(height * stage.density);
  }
  if (fitted) stage.view = fitView(shape, spacing, screen);
  else stage.view = { ...stage.view, x: stage.view.x + dx, y: stage.view.y + dy };
}

function isFitted({ shape, spacing, screen, view }) {
  const fit = fitView(shape, spacing, screen);
  return ["scale", "x", "y"].every((name) => Math.abs(fit[name] - view[name]) < 1e-6);
}

function inImagePixels({ density, view, spacing }, context) {
  context.setTransform(
    density * view.scale * spacing[1], 0, 0, density * view.scale * spacing[0],
    density * view.x, density * view.y,
  );
}

function inScreenPixels({ density }, context) {
  context.setTransform(density, 0, 0, density, 0, 0);
}

function clear(context) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

function placeImage(stage) {
  const { canvases, view, spacing, density, grey, shape: [rows, columns] } = stage;
  const context = canvases.image.getContext("2d", { alpha: false });
  clear(context);
  inImagePixels(stage, context);
  const pixel = (view.scale * Math.max(...spacing) * density * columns) / grey.canvas.width;
  context.imageSmoothingEnabled = pixel < SMOOTH_BELOW;
  context.imageSmoothingQuality = "high";
  context.drawImage(grey.canvas, 0, 0, columns, rows);
}

/**
 * Draws all masks.
 *
 * @param {object} stage
 * @param {object[]} shown `{segment, color, state, active, share, preview}`, the last one on top.
 * @param {{opacity: number, filled: boolean, hidden: boolean}} style
 * @param {object|null} area Rectangle of image pixels outside of which nothing changed.
 */
function drawMasks(stage, shown, style, area) {
  const { view, spacing } = stage;
  const context = stage.canvases.masks.getContext("2d");
  context.save();
  if (area !== null) {
    inScreenPixels(stage, context);
    const start = toScreen(view, spacing, [area.left, area.top]);
    const end = toScreen(view, spacing, [area.right, area.bottom]);
    const x = Math.floor(start.x) - CLIP_MARGIN;
    const y = Math.floor(start.y) - CLIP_MARGIN;
    context.beginPath();
    context.rect(x, y, Math.ceil(end.x) + CLIP_MARGIN - x, Math.ceil(end.y) + CLIP_MARGIN - y);
    context.clip();
  }
  clear(context);
  if (!style.hidden) {
    for (const one of shown) (one.preview ? drawPreview : drawMask)(stage, context, one, style, area);
  }
  context.restore();
}

function drawMask(stage, context, { segment, color, state, active, share: own = 1 }, style, area) {
  const layer = stage.layers.get(segment);
  if (layer === null) return;
  const proposed = state === "proposed";
  if (style.filled) {
    inImagePixels(stage, context);
    context.imageSmoothingEnabled = false;
    const share = (proposed ? stage.shares.proposed : 1) * (active ? 1 : stage.shares.others);
    context.globalAlpha = style.opacity * share * own;
    context.drawImage(layer.canvas, 0, 0);
    context.globalAlpha = 1;
  }
  inScreenPixels(stage, context);
  traceOutlines(stage, context, layer, area);
  context.setLineDash(proposed ? DASH : []);
  context.lineWidth = active ? 1.6 : 1;
  context.globalAlpha = (active ? 1 : 0.75) * own;
  context.strokeStyle = `rgb(${color.join()})`;
  context.stroke();
  context.globalAlpha = 1;
}

/** Outline of what a segment would become. */
function drawPreview(stage, context, { segment, color }, style, area) {
  const layer = stage.layers.get(segment);
  if (layer === null) return;
  inScreenPixels(stage, context);
  traceOutlines(stage, context, layer, area);
  for (const [dash, width, stroke] of [[[], 4, PREVIEW_EDGE], [DASH, 2, `rgb(${color.join()})`]]) {
    context.setLineDash(dash);
    context.lineWidth = width;
    context.strokeStyle = stroke;
    context.stroke();
  }
}

function traceOutlines({ layers, view, spacing }, context, layer, area) {
  const margin = Math.ceil(OUTLINE_MARGIN / (view.scale * Math.min(...spacing))) + 2;
  context.beginPath();
  for (const outline of layers.outlinesOf(layer, area, margin)) {
    for (let at = 0; at < outline.length; at += 2) {
      const place = toScreen(view, spacing, [outline[at], outline[at + 1]]);
      if (at === 0) context.moveTo(place.x, place.y);
      else context.lineTo(place.x, place.y);
    }
    context.closePath();
  }
}
