// Area, mean and standard deviation of the values under a mask, and volumes of segments.

import { forEachRun } from "../masks/run_length.js";

const counts = new WeakMap(); // code -> number of pixels

/** Pixels that a code marks. */
export function countPixels(code, size) {
  let count = counts.get(code);
  if (count === undefined) {
    count = 0;
    forEachRun(code, size, (start, end) => (count += end - start));
    counts.set(code, count);
  }
  return count;
}

/**
 * Mean and standard deviation (of the pixels themselves, not of a sample) of the values under a mask.
 *
 * @param {Uint8Array} code
 * @param {Uint16Array} numbers Of the slice.
 * @param {{offset: number, slope: number}} scale value = offset + slope × number.
 * @returns {{mean: number, deviation: number}|null} In modality units; null where nothing is marked.
 */
export function statistics(code, numbers, { offset, slope }) {
  const count = countPixels(code, numbers.length);
  if (count === 0) return null;
  let sum = 0;
  forEachRun(code, numbers.length, (start, end) => {
    for (let place = start; place < end; place++) sum += numbers[place];
  });
  const middle = sum / count;
  let squares = 0;
  forEachRun(code, numbers.length, (start, end) => {
    for (let place = start; place < end; place++) squares += (numbers[place] - middle) ** 2;
  });
  return { mean: offset + slope * middle, deviation: slope * Math.sqrt(squares / count) };
}

/**
 * Volume of a segment, as `slice_reach` in core/dicom/geometry.py has it.
 *
 * @param {(slice: number) => {code: Uint8Array, state: string}} shown What a slice shows.
 * @param {object} info Of the series; `thickness` says how much of the normal each slice stands for.
 * @returns {{all: number, proposed: number}} In ml.
 */
export function volumes(shown, { shape: [slices, rows, columns], spacing: [, height, width], thickness }) {
  const found = { all: 0, proposed: 0 };
  for (let slice = 0; slice < slices; slice++) {
    const { code, state } = shown(slice);
    const ml = (countPixels(code, rows * columns) * height * width * thickness[slice]) / 1000;
    found.all += ml;
    if (state === "proposed") found.proposed += ml;
  }
  return found;
}
