// Run-length code of masks, the same as core/annotation/run_length.py.
//
// A mask is a Uint8Array of 0 and 1, row by row. The runs are the lengths of its alternating
// stretches of background and foreground, background first. Each length is an unsigned LEB128
// number: seven bits a byte, low bits first, the high bit set on all but the last byte.

const LONGEST_NUMBER = 5; // bytes

/** Code of a mask; equal masks have equal codes. */
export function encodeRuns(mask) {
  const code = [];
  let value = 0;
  let start = 0;
  while (start < mask.length) {
    const found = mask.indexOf(1 - value, start);
    const end = found < 0 ? mask.length : found;
    pushLength(code, end - start);
    start = end;
    value = 1 - value;
  }
  return Uint8Array.from(code);
}

function pushLength(code, length) {
  let rest = length;
  while (rest >= 0x80) {
    code.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  code.push(rest);
}

/**
 * Code of what two masks of `size` pixels, given as codes, make together. Takes time for their runs
 * only, not for their pixels.
 *
 * @param {(inOne: boolean, inOther: boolean) => boolean} keep Whether such pixels belong to it; not
 *   those that are in neither.
 */
export function combineCodes(one, other, size, keep) {
  const edges = [one, other].map((code) => {
    const found = [];
    forEachRun(code, size, (start, end) => found.push(start, end));
    return found;
  });
  const at = [0, 0];
  const code = [];
  let [start, isInside] = [0, false];
  while (at[0] < edges[0].length || at[1] < edges[1].length) {
    const place = Math.min(edges[0][at[0]] ?? size, edges[1][at[1]] ?? size);
    for (const side of [0, 1]) if (edges[side][at[side]] === place) at[side] += 1;
    if (keep(at[0] % 2 === 1, at[1] % 2 === 1) === isInside) continue;
    pushLength(code, place - start);
    [start, isInside] = [place, !isInside];
  }
  if (start < size) pushLength(code, size - start);
  return Uint8Array.from(code);
}

/** Calls `visit(start, end)` for each stretch of foreground; throws where the code does not fit. */
export function forEachRun(code, size, visit) {
  let place = 0;
  let at = 0;
  let foreground = false;
  let first = true;
  while (place < code.length) {
    let length = 0;
    let factor = 1;
    let bytes = 0;
    let byte;
    do {
      if (place >= code.length) throw new RangeError("The code of this mask is cut off.");
      byte = code[place++];
      length += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (++bytes > LONGEST_NUMBER) throw new RangeError("A number in this code is too long.");
    } while (byte >= 0x80);
    if (bytes > 1 && byte === 0) throw new RangeError("A number in this code is longer than needed.");
    if (length === 0 && !first) throw new RangeError("Only the first run of a mask may be empty.");
    if (at + length > size) throw new RangeError("The runs are longer than the mask.");
    if (foreground && length > 0) visit(at, at + length);
    at += length;
    foreground = !foreground;
    first = false;
  }
  if (at !== size) throw new RangeError("The runs are shorter than the mask.");
}

/** Mask of a code; throws RangeError where the code does not fit a mask of `size` pixels. */
export function decodeRuns(code, size) {
  const mask = new Uint8Array(size);
  forEachRun(code, size, (start, end) => mask.fill(1, start, end));
  return mask;
}

/** Whether a code marks no pixel. */
export function isEmptyCode(code) {
  for (let place = 0; place < code.length; place++) {
    if (code[place] < 0x80) return place === code.length - 1;
  }
  return true;
}

export function sameCode(one, other) {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}

export function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x2000));
  }
  return btoa(text);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
