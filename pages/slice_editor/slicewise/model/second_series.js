// A second series at the same place in the patient: what is known of it, and what is missing.

import { createSliceRequests } from "./exchange.js";
import { createPixelStore } from "./pixels.js";

const AHEAD = 1; // slices fetched on either side: the server computes each of them
const AT_ONCE = 2;

/**
 * What this tab knows of the second series, brought up to date.
 *
 * @param {object|null} known As returned before.
 * @param {object|null} info What the server says; null where no second series is shown.
 * @param {number[]} shape Slices, rows and columns of the first series.
 */
export function updateSecond(known, info, shape) {
  if (info === null) return null;
  const second =
    known?.info.key === info.key
      ? known
      : { requests: createSliceRequests(shape, AHEAD, AT_ONCE), places: new Map(), pixels: null, window: null };
  second.info = info;
  if (second.pixels === null && info.picture !== null) {
    second.pixels = createPixelStore(...info.picture.shape);
    [second.window] = info.picture.windows;
  }
  return second;
}

/** Whether the second series has a slice here, or nothing is to come. */
export function hasSecond(second, slice) {
  return second === null || second.info.problem !== "" || (second.pixels?.has(slice) ?? false);
}

/** Whether there is something of the second series to ask for. */
export function isMissingSecond(second, current, slices) {
  for (let slice = Math.max(0, current - AHEAD); slice <= Math.min(slices - 1, current + AHEAD); slice++) {
    if (!hasSecond(second, slice)) return true;
  }
  return false;
}
