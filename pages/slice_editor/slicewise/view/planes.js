// Two small planes across the slices, through the cross-hair; a click jumps there.

import { forEachRun } from "../masks/run_length.js";

const EDGE = 0.85; // opacity of masks

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} options
 * @param {"row"|"column"} options.axis What the plane cuts: it runs along the other one.
 * @param {number[]} options.shape Slices, rows and columns.
 * @param {number[]} options.spacing In mm, in the same order.
 * @param {boolean} options.firstAtBottom Whether slice 0 is drawn at the bottom.
 * @param {string[]} options.letters Sides of the patient at the left, right, top and bottom.
 * @param {(slice: number, along: number) => void} options.jump
 */
export function createPlane(canvas, { axis, shape, spacing, firstAtBottom, letters, jump }) {
  const [slices, rows, columns] = shape;
  const along = axis === "row" ? columns : rows;
  const step = axis === "row" ? spacing[2] : spacing[1];
  const picture = document.createElement("canvas");
  picture.width = along;
  picture.height = slices;
  let numbers = null;
  let index = 0;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    jumpTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) jumpTo(event);
  });

  function jumpTo(event) {
    const box = canvas.getBoundingClientRect();
    const place = placeOf(box.width, box.height);
    const x = (event.clientX - box.left - place.x) / place.width;
    let y = (event.clientY - box.top - place.y) / place.height;
    if (firstAtBottom) y = 1 - y;
    const clip = (value, count) => Math.min(Math.max(Math.floor(value * count), 0), count - 1);
    jump(clip(y, slices), clip(x, along));
  }

  function placeOf(width, height) {
    const scale = Math.min(width / (along * step), height / (slices * spacing[0]));
    const size = { width: along * step * scale, height: slices * spacing[0] * scale };
    return { x: (width - size.width) / 2, y: (height - size.height) / 2, ...size };
  }

  return {
    set(newNumbers, newIndex) {
      numbers = newNumbers;
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
      const place = placeOf(width, height);
      const small = picture.getContext("2d");
      const image = small.createImageData(along, slices);
      const pixels = new Uint32Array(image.data.buffer);
      for (let row = 0; row < slices; row++) {
        const y = firstAtBottom ? slices - 1 - row : row;
        for (let x = 0; x < along; x++) pixels[y * along + x] = table[numbers[row * along + x]];
      }
      small.putImageData(image, 0, 0);
      small.globalAlpha = Math.min(EDGE, opacity + 0.15);
      paintMasks(small, masks, { axis, index, shape, firstAtBottom });
      small.globalAlpha = 1;
      context.setTransform(density, 0, 0, density, 0, 0);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, place.x, place.y, place.width, place.height);
      const share = (slice + 0.5) / slices;
      const y = place.y + place.height * (firstAtBottom ? 1 - share : share);
      const x = place.x + (place.width * (cross + 0.5)) / along;
      drawLines(context, place, x, y);
      writeLetters(context, letters, width, height);
    },
  };
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

/** Paints what the masks mark on the plane, one row of the picture for each slice. */
function paintMasks(context, masks, { axis, index, shape: [slices, rows, columns], firstAtBottom }) {
  for (const { slice, code, color } of masks) {
    context.fillStyle = `rgb(${color.join()})`;
    const y = firstAtBottom ? slices - 1 - slice : slice;
    forEachRun(code, rows * columns, (start, end) => {
      if (axis === "row") {
        const from = Math.max(start, index * columns);
        const to = Math.min(end, (index + 1) * columns);
        if (from < to) context.fillRect(from - index * columns, y, to - from, 1);
        return;
      }
      // A run may go through the column in several rows.
      const first = Math.ceil((start - index) / columns);
      const last = Math.floor((end - 1 - index) / columns);
      if (first <= last) context.fillRect(first, y, last - first + 1, 1);
    });
  }
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
