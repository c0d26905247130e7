// What waits for review, in which order, and how far one is. The order is that of the server, the
// least certain first; what was decided here counts at once.

const GOOD = "good"; // grade of proposals that are usually accepted as they are
const UPCOMING = 3; // proposals whose slices are fetched ahead
const keyOf = ([segment, slice]) => `${segment} ${slice}`;

/**
 * @param {() => object} annotation What the tab shows, see annotation.js.
 */
export function createReview(annotation) {
  let queue = []; // [segment, slice, grade]
  let jumps = new Map(); // key -> sentence
  let later = new Set(); // keys of proposals that were put off
  const visited = []; // places shown by going on, for the way back
  const waits = ([segment, slice]) => annotation().shown(segment, slice).state === "proposed";

  const review = {
    reasons: [],
    onlySegment: false,
    compares: false,
    range: null, // {first, last}: slices swept over
    /** Takes in what the server says. */
    receive(header) {
      queue = header.queue;
      jumps = new Map(header.jumps.map(([segment, slice, text]) => [keyOf([segment, slice]), text]));
      review.reasons = header.reasons;
    },
    /** Proposals that wait, `[segment, slice, grade]`, of all segments or of one. */
    left: (segment = null) => queue.filter((one) => waits(one) && (segment === null || one[0] === segment)),
    /** Whether a person can decide about a place now. */
    isWaiting: (segment, slice) => queue.some((one) => one[0] === segment && one[1] === slice) && waits([segment, slice]),
    gradeOf: (segment, slice) => queue.find((one) => one[0] === segment && one[1] === slice)?.[2] ?? null,
    /** Why a proposal stands out; blank where it does not. */
    jumpOf: (segment, slice) => (waits([segment, slice]) ? (jumps.get(keyOf([segment, slice])) ?? "") : ""),
    /** Slices of a segment with proposals in a range. */
    inRange: (segment, { first, last }) =>
      review.left(segment).map(([, slice]) => slice).filter((slice) => slice >= first && slice <= last).sort((a, b) => a - b),
    /** The places that `next` would show one after the other. */
    upcoming(current) {
      const others = review.left(review.onlySegment ? current[0] : null).filter((one) => keyOf(one) !== keyOf(current));
      const fresh = others.filter((one) => !later.has(keyOf(one)));
      return [...fresh, ...others.filter((one) => later.has(keyOf(one)))].slice(0, UPCOMING);
    },
    /** The place to show next, or null; the one shown now is put off where it still waits. */
    next(current) {
      const left = review.left(review.onlySegment ? current[0] : null);
      later.add(keyOf(current));
      if (left.every((one) => later.has(keyOf(one)))) later = new Set([keyOf(current)]);
      const found = left.find((one) => !later.has(keyOf(one))) ?? null;
      if (found === null) return null;
      visited.push(current.slice(0, 2));
      return found.slice(0, 2);
    },
    /** The place shown before, or null. */
    back() {
      const found = visited.pop() ?? null;
      if (found !== null) later.delete(keyOf(found));
      return found;
    },
    /** A person came back to a place, such as by undo: it is not put off any more. */
    revisit: (segment, slice) => later.delete(keyOf([segment, slice])),
  };
  return review;
}

/** Takes in what the server says; null while the page is not the one for reviewing. */
export function updateReview(review, header, annotation) {
  if (!header) return null;
  const updated = review ?? createReview(annotation);
  updated.receive(header);
  return updated;
}

/** How far one is: "12 left, about 3 need a stroke". */
export function progressText(left) {
  if (left.length === 0) return "All proposals are reviewed.";
  const known = left.filter(([, , grade]) => grade !== "unknown");
  const strokes = known.filter(([, , grade]) => grade !== GOOD).length;
  const unknown = left.length - known.length;
  const parts = [`${left.length} left`];
  const need = strokes === 1 ? "needs" : "need";
  if (known.length > 0) parts.push(strokes === 0 ? "about none needs a stroke" : `about ${strokes} ${need} a stroke`);
  if (unknown > 0) parts.push(`${unknown} of unknown quality`);
  return parts.join(", ");
}

/** Slices as people write them, counted from 1: "slices 12–17". */
export function rangeText({ first, last }) {
  return first === last ? `slice ${first + 1}` : `slices ${first + 1}–${last + 1}`;
}
