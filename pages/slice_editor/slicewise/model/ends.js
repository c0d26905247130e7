// On which slices segments begin and end: what the server has stored, and what waits for an answer.

const UNSTATED = { first: { slice: null, version: 0 }, last: { slice: null, version: 0 } };

/**
 * @param {object[]} pending Messages without an answer, oldest first.
 */
export function createEnds(pending) {
  let stored = new Map(); // segment -> {first: {slice, version}, last: {slice, version}}
  const storedOf = (segment) => stored.get(segment) ?? UNSTATED;

  /** First and last slice of a segment as the screen shows them; null where not stated. */
  function shown(segment) {
    const { first, last } = storedOf(segment);
    const ends = { first: first.slice, last: last.slice };
    for (const one of pending()) {
      if (one.kind === "end" && one.segment === segment) ends[one.end] = one.slice;
    }
    return ends;
  }

  return {
    shown,
    /** Takes in what the server says of all segments. */
    receive(ends) {
      stored = new Map(ends.map((one) => [one.segment, one]));
    },
    /** Message that states an end; on the slice where it is stated already, it takes that back. */
    statement(segment, end, slice) {
      const isStated = shown(segment)[end] === slice;
      const base = storedOf(segment)[end].version;
      return { kind: "end", segment, end, slice: isStated ? null : slice, base, changes: [] };
    },
  };
}

/** Whether a slice lies beyond the ends. */
export function isBeyond({ first, last }, slice) {
  return (first !== null && slice < first) || (last !== null && slice > last);
}

/** What a slice is for the ends, in words; blank where it is nothing. */
export function nameOfEnd({ first, last }, slice) {
  if (slice === first && slice === last) return "its only slice";
  if (slice === first) return "its first slice";
  if (slice === last) return "its last slice";
  if (first !== null && slice < first) return "before its first slice";
  return last !== null && slice > last ? "behind its last slice" : "";
}
