// Talking to the server: what is sent, what is kept for a reload, which pixels are asked for.

import { fromBase64, toBase64 } from "../masks/run_length.js";

export const AHEAD = 4; // slices fetched on either side
const MOST_PIXELS_AT_ONCE = 3e6;
// A server that many people use is not asked more and more often: each time waits twice as long.
const ASK_AGAIN_MS = { shown: 800, others: 3000 };
const STORAGE = "slicewise.unsaved.";

/** A message as it travels. */
export function toWire(message) {
  if (message.wire !== undefined) return message.wire;
  const { client, number, kind } = message;
  let wire;
  if (kind === "undo" || kind === "redo") wire = { client, number, kind, of: message.of };
  else if (kind === "end") {
    const { segment, end, slice, base } = message;
    wire = { client, number, kind, segment, end, slice, base };
  } else if (kind === "hints") {
    const { segment, slice, base } = message;
    const codes = ["mask", "added", "removed"].map((name) => [name, toBase64(message[name])]);
    wire = { client, number, kind, segment, slice, base, locked: message.locked, ...Object.fromEntries(codes) };
  } else if (kind === "accept" || kind === "reject") {
    const changes = message.changes.map(({ slice, base }) => ({ slice, base }));
    wire = { client, number, kind, segment: message.changes[0].segment, reason: message.reason, changes };
  } else if (kind === "masks") {
    const drawn = message.changes.filter(({ taken }) => !taken);
    const changes = drawn.map(({ slice, base, code }) => ({ slice, base, mask: toBase64(code) }));
    const { tool, erased, locked } = message;
    wire = { client, number, kind, segment: message.changes[0].segment, tool, erased, locked, changes };
  } else {
    const [{ segment, slice, base, code }] = message.changes;
    wire = { client, number, kind, segment, slice, base };
    if (kind === "mask") {
      const { tool, erased, locked } = message;
      Object.assign(wire, { mask: toBase64(code), tool, erased, locked });
    }
  }
  message.wire = wire;
  return wire;
}

/**
 * Keeps messages without an answer for the next load of this tab by the same person, and only as
 * long as needed. They hold outlines and opaque names of series and person, nothing that names a
 * patient.
 */
export function keepForReload(series, messages) {
  try {
    if (messages.length === 0) sessionStorage.removeItem(place(series));
    else sessionStorage.setItem(place(series), JSON.stringify(messages, packed));
  } catch {
    // Without this storage a reload is safe only after the answer, which is what the page says.
  }
}

/** Messages that `keepForReload` kept, oldest first. */
export function recallAfterReload(series) {
  try {
    const messages = JSON.parse(sessionStorage.getItem(place(series)) ?? "[]", unpacked);
    return Array.isArray(messages) ? messages : [];
  } catch {
    return [];
  }
}

/** Whoever signs in to this tab next neither sees nor sends what it keeps for others. */
function place({ key, owner }) {
  return `${STORAGE}${owner}.${key}`;
}

const PREFIX = "runs:";

function packed(name, value) {
  if (name === "wire") return undefined;
  return value instanceof Uint8Array ? PREFIX + toBase64(value) : value;
}

function unpacked(name, value) {
  const isCode = typeof value === "string" && value.startsWith(PREFIX);
  return isCode ? fromBase64(value.slice(PREFIX.length)) : value;
}

/**
 * Which slices to ask for: the one shown, then its neighbours, the nearest first.
 *
 * @param {number[]} shape Slices, rows and columns.
 * @param {number} ahead Slices fetched on either side.
 * @param {number} most Slices asked for at once, unless they are too large for as many.
 */
export function createSliceRequests([slices, rows, columns], ahead = AHEAD, most = Infinity) {
  const asked = new Map(); // slice -> {number, at}
  const atOnce = Math.min(most, Math.max(1, Math.floor(MOST_PIXELS_AT_ONCE / (rows * columns))));
  return {
    /** Pairs of slice and number of the request; empty where everything is here. `soon` comes first. */
    for(current, has, now, soon = []) {
      const near = [current, ...soon];
      for (let away = 1; away <= ahead; away++) near.push(current + away, current - away);
      const missing = [...new Set(near)].filter((slice) => slice >= 0 && slice < slices && !has(slice));
      const chosen = missing.slice(0, atOnce);
      for (const slice of chosen) {
        const before = asked.get(slice);
        const number = (before?.number ?? 0) + 1;
        const first = slice === current ? ASK_AGAIN_MS.shown : ASK_AGAIN_MS.others;
        if (before === undefined || now - before.at > first * 2 ** (before.number - 1)) {
          asked.set(slice, { number, at: now });
        }
      }
      return chosen.map((slice) => [slice, asked.get(slice).number]);
    },
  };
}

/** Which plane across the slices to ask for. */
export function createPlaneRequests() {
  let asked = { index: -1, number: 0, at: -Infinity };
  return {
    /**
     * Pair of row (or column) and number of the request; null where the plane is here. Of two
     * messages in a row Streamlit may pass on the later one only: then the plane is asked for again.
     */
    for(index, isHere, now) {
      if (isHere) return null;
      if (index !== asked.index || now - asked.at > ASK_AGAIN_MS.others) {
        asked = { index, number: asked.number + 1, at: now };
      }
      return [index, asked.number];
    },
  };
}
