// Rows and columns of masks: what a plane across the slices shows of each slice.
//
// A line is `{axis, index}`: along a row of the slice where the axis is "row", else along a column.

import { forEachRun } from "./run_length.js";

/**
 * Calls `visit(start, end)` for each stretch of a line that a mask marks.
 *
 * @param {Uint8Array} code Of the mask.
 * @param {{axis: "row"|"column", index: number}} line
 * @param {number[]} shape Rows and columns of the mask.
 * @param {(start: number, end: number) => void} visit
 */
export function forEachOnLine(code, { axis, index }, [rows, columns], visit) {
  forEachRun(code, rows * columns, (start, end) => {
    if (axis === "row") {
      const from = Math.max(start, index * columns);
      const to = Math.min(end, (index + 1) * columns);
      if (from < to) visit(from - index * columns, to - index * columns);
      return;
    }
    // A run may go through the column in several rows.
    const first = Math.ceil((start - index) / columns);
    const last = Math.floor((end - 1 - index) / columns);
    if (first <= last) visit(first, last + 1);
  });
}

/** Sets a stretch of a line of a mask, given as pixels, to a value. */
export function setOnLine(mask, { axis, index }, [, columns], start, end, value) {
  if (axis === "row") mask.fill(value, index * columns + start, index * columns + end);
  else for (let row = start; row < end; row++) mask[row * columns + index] = value;
}
