// Reading the vectors that Python checks, too.

import { readFileSync } from "node:fs";

export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8"));
}

/** What the server says of every state. */
export const STATES = vectors("states");

/** Mask of rows such as "..##.". */
export function maskOf(rows) {
  return Uint8Array.from(rows.join(""), (pixel) => (pixel === "#" ? 1 : 0));
}

export function shapeOf(rows) {
  return [rows.length, rows[0].length];
}

/** Rows such as "..##." of a mask, which read well in a failure. */
export function rowsOf(mask, [rows, columns]) {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(mask.subarray(row * columns, (row + 1) * columns), (one) => ".#"[one]).join(""),
  );
}
