// Pixels that a drawing takes from other segments, and those that it leaves to locked ones, as
// core/annotation/overwriting.py has it: shown at once, while the server does the same.

import { combineCodes, isEmptyCode } from "../masks/run_length.js";

const without = (inOne, inOther) => inOne && !inOther;
const inBoth = (inOne, inOther) => inOne && inOther;

/** Whether a segment with one rule for overlaps shares no pixel with a segment with another. */
function takesFrom(rule, other) {
  return rule === "all" || (rule === "unlocked" && other !== "allow");
}

/** The segments, of `{number, overlap, locked}`, that share no pixel with one of them. */
export function concernedSegments(segments, number) {
  const own = segments.find((one) => one.number === number);
  if (own === undefined) return [];
  return segments.filter((one) => one.number !== number && takesFrom(own.overlap, one.overlap));
}

/**
 * @param {Uint8Array} before Code of the mask that was drawn on.
 * @param {Uint8Array} drawn Code of the mask as it was drawn.
 * @param {{number: number, locked: boolean, code: Uint8Array}[]} others Segments concerned.
 * @param {number} size Pixels of a slice.
 * @returns {{code: Uint8Array, taken: {number: number, code: Uint8Array}[]}} The mask without added
 *   pixels that belong to locked segments, and what is left of the others that lose some.
 */
export function overwrite(before, drawn, others, size) {
  const holding = others.filter(({ code }) => !isEmptyCode(code));
  let code = drawn;
  let added = combineCodes(drawn, before, size, without);
  for (const one of holding) {
    if (!one.locked) continue;
    const held = combineCodes(added, one.code, size, inBoth);
    if (isEmptyCode(held)) continue;
    code = combineCodes(code, held, size, without);
    added = combineCodes(added, held, size, without);
  }
  const taken = holding
    .filter((one) => !one.locked && !isEmptyCode(combineCodes(added, one.code, size, inBoth)))
    .map((one) => ({ number: one.number, code: combineCodes(one.code, added, size, without) }));
  return { code, taken };
}
