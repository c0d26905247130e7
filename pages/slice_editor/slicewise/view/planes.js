// A small plane across the slices, through the cross-hair; a click jumps there, the wheel scrolls.

import { forEachOnLine } from "../masks/lines.js";
import { wheelStep } from "../input/pointer.js";
import { gapsOf, interpolatePlane, sliceAt } from "./plane_grid.js";

const BLACK = 0xff000000;
const EDGE = 0.85; // opacity of masks

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} grid See plane_grid.js.
 * @param {AbortSignal} signal Ends all listening.
 * @param {object} acts `jump(slice, along)`, `turn(steps)`.
 */
export function createPlane(canvas, grid, signal, acts) {
  const [rows, columns] = grid.shape;
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [columns, rows];
  let numbers = null;
  let index = 0;
  const options = { signal };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    jumpTo(event);
  }, options);
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) jumpTo(event);
  }, options);
  const wheel = { turned: 0 };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const way = wheelStep(wheel, event);
    if (way !== 0) acts.turn(way);
  }, { signal, passive: false });

  function jumpTo(event) {
    const box = canvas.getBoundingClientRect();
    const place = placeOf(grid, box.width, box.height);
    const column = Math.floor(((event.clientX - box.left - place.x) / place.width) * columns);
    const depth = ((event.clientY - box.top - place.y) / place.height) * rows * grid.spacing[0];
    const slice = sliceAt(grid, depth);
    acts.jump(slice, Math.min(Math.max(column - grid.slabs[slice].left, 0), grid.count - 1));
  }

  return {
    set(newNumbers, newIndex) {
      numbers = interpolatePlane(grid, newNumbers);
      index = newIndex;
    },
    /** Draws the plane with the masks across it and lines where slice and cross-hair are. */
    draw(table, masks, opacity, slice, cross) {
      const density = globalThis.devicePixelRatio || 1;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      const context = canvas.getContext("2d", { alpha: false });
      if (numbers === null) return;
      const place = placeOf(grid, width, height);
      const small = picture.getContext("2d");
      paintGreys(small, grid, numbers, table);
      small.globalAlpha = Math.min(EDGE, opacity + 0.15);
      paintMasks(small, masks, { axis: grid.axis, index }, grid);
      small.globalAlpha = 1;
      context.setTransform(density, 0, 0, density, 0, 0);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, place.x, place.y, place.width, place.height);
      const y = place.y + (place.height * grid.slabs[slice].middle) / (rows * grid.spacing[0]);
      drawLines(context, place, place.x + (place.width * (grid.slabs[slice].left + cross + 0.5)) / columns, y);
      writeLetters(context, grid.letters, width, height);
    },
  };
}

/** Where the picture lies on a canvas, in CSS pixels: the aspect is that of the patient. */
function placeOf({ shape: [rows, columns], spacing: [rowStep, step] }, width, height) {
  const scale = Math.min(width / (columns * step), height / (rows * rowStep));
  const size = { width: columns * step * scale, height: rows * rowStep * scale };
  return { x: (width - size.width) / 2, y: (height - size.height) / 2, ...size };
}

function paintGreys(context, grid, numbers, table) {
  const [rows, columns] = grid.shape;
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let place = 0; place < pixels.length; place++) pixels[place] = table[numbers[place]];
  for (const [start, end] of gapsOf(grid)) pixels.fill(BLACK, start, end);
  context.putImageData(image, 0, 0);
}

/** Paints what the masks mark on the plane, each slice as thick as it is. */
function paintMasks(context, masks, line, { slabs, shapeOfSlice }) {
  for (const { slice, code, color } of masks) {
    context.fillStyle = `rgb(${color.join()})`;
    const { top, bottom, left } = slabs[slice];
    forEachOnLine(code, line, shapeOfSlice, (start, end) => {
      context.fillRect(left + start, top, end - start, bottom - top);
    });
  }
}

function writeLetters(context, letters, width, height) {
  context.font = "600 11px sans-serif";
  context.fillStyle = "#f4e9a8";
  context.strokeStyle = "#000";
  context.lineWidth = 3;
  const places = [[4, height / 2, "left"], [width - 4, height / 2, "right"], [width / 2, 9, "center"], [width / 2, height - 9, "center"]];
  context.textBaseline = "middle";
  places.forEach(([x, y, align], side) => {
    context.textAlign = align;
    context.strokeText(letters[side], x, y);
    context.fillText(letters[side], x, y);
  });
}

function drawLines(context, place, x, y) {
  context.strokeStyle = "rgb(255 224 130 / 85%)";
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(place.x, y);
  context.lineTo(place.x + place.width, y);
  context.moveTo(x, place.y);
  context.lineTo(x, place.y + place.height);
  context.stroke();
}
