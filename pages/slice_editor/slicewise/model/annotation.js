// The masks of a series as this tab shows them: what the server has stored, and on top of it what
// was done here and is not acknowledged yet.
//
// Once a message is answered, what the server says holds. So the screen ends up showing what is on
// disk whatever happened on the way, and what a person drew stays visible until it is there.

import { createEnds } from "./ends.js";
import { createHistory } from "./history.js";
import { createOutbox } from "./outbox.js";
import { concernedSegments, overwrite } from "./overwriting.js";
import { decodeRuns, encodeRuns, forEachRun, isEmptyCode, sameCode } from "../masks/run_length.js";

const keyOf = ({ segment, slice }) => `${segment} ${slice}`;

/**
 * @param {object} options
 * @param {string} options.client Name of this tab.
 * @param {number} options.size Pixels of a slice.
 * @param {object} options.states What the server says of every state.
 * @param {object[]} [options.restored] Messages of an earlier load of this tab without an answer.
 * @param {() => object[]} [options.segments] All segments, `{number, overlap, locked}`.
 */
export function createAnnotation({ client, size, states, restored = [], segments = () => [] }) {
  const own = {
    client,
    size,
    states,
    segments,
    empty: encodeRuns(new Uint8Array(size)),
    truth: new Map(), // key -> {segment, slice, version, state, expected, teachers, joined, code}
    overlay: new Map(), // key -> {code, state, base, taken} of what is not acknowledged
    problems: new Map(), // key -> what the server refused, until the person decides
    outbox: createOutbox(client, restored),
    history: createHistory(),
    received: { epoch: "", revision: 0 },
    steps: { undo: null, redo: null },
  };
  own.ends = createEnds(own.outbox.pending);
  rebuildOverlay(own);
  const { empty, outbox, history, problems } = own;
  const hasStep = (kind) => own.steps[kind] !== null && outbox.pending().length === 0;
  return {
    empty,
    outbox,
    stored: (segment, slice) => stored(own, { segment, slice }),
    shown: (segment, slice) => shown(own, { segment, slice }),
    problems: () => [...problems.values()],
    problemOf: (segment, slice) => problems.get(keyOf({ segment, slice })) ?? null,
    received: () => own.received,
    /** What must not get lost: everything that is not acknowledged, refused things included. */
    unsaved: () => [...[...problems.values()].flatMap((one) => one.messages), ...outbox.pending()],
    /** "saved", "saving", "offline", or "problem" where the server refused something. */
    state: (now) => (problems.size > 0 ? "problem" : outbox.state(now)),
    /** Replaces a mask; returns the message, or null where nothing changed or may change. */
    draw: (segment, slice, code, how) => drawSeveral(own, segment, [{ slice, code }], how),
    /**
     * Replaces masks `{slice, code}` of a segment as one step; otherwise as `draw`. Where a mask was made
     * from something else than what is shown by now, `seen` is what was shown then.
     */
    drawSeveral: (segment, masks, how) => drawSeveral(own, segment, masks, how),
    /** Pixels of a slice that a stroke with a segment leaves to locked ones; null where there are none. */
    heldPixels: (segment, slice) => heldPixels(own, segment, slice),
    /** States that the structure is not on a slice. */
    declareAbsent: (segment, slice) => declareAbsent(own, { segment, slice }),
    /** Accepts ("accept") or rejects ("reject") proposals of a segment as one step. */
    decide: (segment, slices, kind, reason) => decide(own, segment, slices, kind, reason),
    /** First and last slice of a segment, null where not stated. */
    ends: own.ends.shown,
    /** States the "first" or "last" slice of a segment, or takes that back where it is stated. */
    stateEnd(segment, end, slice) {
      return isWaiting(own) ? null : sendStep(own, own.ends.statement(segment, end, slice));
    },
    /** Takes back the newest step, here or, where this tab has none, on the server. */
    undo: () => undoOrRedo(own, "undo", "before"),
    /** Brings back what was taken back last. */
    redo: () => undoOrRedo(own, "redo", "code"),
    canUndo: () => history.canUndo() || hasStep("undo"),
    canRedo: () => history.canRedo() || hasStep("redo"),
    /** Name of the step that undo ("undo") or redo ("redo") is about, where the server said it. */
    stepName: (kind) => own.steps[kind]?.action ?? null,
    isWaiting: () => isWaiting(own),
    /** Messages of other kinds, such as hints for a correction: the answer brings the outcome. */
    ask: (message) => (isWaiting(own) ? null : send(own, { ...message, changes: [] })),
    /** Settles a refusal: keep what is stored, or put what was drawn here on top of it. */
    settle: (segment, slice, keepMine) => settle(own, { segment, slice }, keepMine),
    receive: (incoming, now) => receive(own, incoming, now),
  };
}

function stored({ truth, empty }, place) {
  return truth.get(keyOf(place)) ?? { ...place, version: 0, state: "empty", expected: null, code: empty };
}

function shown(own, place) {
  const over = own.overlay.get(keyOf(place));
  const below = stored(own, place);
  if (over === undefined) return below;
  return { ...below, ...over, expected: over.taken ? below.expected : null };
}

/** Lays over what is stored what was refused, and on top of that what waits for an answer. */
function rebuildOverlay({ overlay, problems, outbox }) {
  overlay.clear();
  for (const problem of problems.values()) {
    overlay.set(keyOf(problem), { code: problem.mine, state: problem.state, base: problem.base });
  }
  for (const { code, state, base, taken, ...place } of outbox.pending().flatMap((one) => one.changes)) {
    overlay.set(keyOf(place), { code, state, base, taken });
  }
}

/**
 * Whether nothing can be drawn yet: before the server has said anything, while messages of an
 * earlier load are under way, and during a step whose outcome only the server knows.
 */
function isWaiting({ client, received, outbox }) {
  const isUnknown = (one) => one.client !== client || (one.changes.length === 0 && one.kind !== "end");
  return received.epoch === "" || outbox.pending().some(isUnknown);
}

function change(own, { segment, slice }, code, state, now = shown(own, { segment, slice })) {
  return {
    segment,
    slice,
    code,
    before: now.code,
    stateBefore: now.state,
    state: state ?? (isEmptyCode(code) ? "empty" : own.states[now.state].afterDrawing),
    base: now.base ?? now.version,
  };
}

function send(own, message) {
  const sent = own.outbox.add(message);
  rebuildOverlay(own);
  return sent;
}

function sendStep(own, message) {
  const sent = send(own, message);
  own.history.push({ number: sent.number, changes: message.changes });
  return sent;
}

function drawSeveral(own, segment, masks, { tool, erased }) {
  const segments = own.segments();
  const locked = segments.filter((one) => one.locked).map((one) => one.number);
  if (isWaiting(own) || locked.includes(segment)) return null;
  const concerned = concernedSegments(segments, segment);
  const drawn = [];
  const taken = [];
  for (const { slice, code, seen } of masks) {
    const place = { segment, slice };
    if (own.problems.has(keyOf(place))) continue;
    const here = shown(own, place);
    const now = seen === undefined || sameCode(seen.code, here.code) ? here : seen;
    const outcome = overwrite(now.code, code, othersOn(own, concerned, slice), own.size);
    if (sameCode(outcome.code, now.code)) continue;
    drawn.push(change(own, place, outcome.code, undefined, now));
    for (const { number, code: left } of outcome.taken) taken.push(loss(own, { segment: number, slice }, left));
  }
  if (drawn.length === 0) return null;
  // What was drawn comes first: only that is sent, the server knows what the others lose.
  const kind = drawn.length === 1 ? "mask" : "masks";
  return sendStep(own, { kind, tool, erased, locked, changes: [...drawn, ...taken] });
}

function heldPixels(own, segment, slice) {
  const locked = concernedSegments(own.segments(), segment).filter((one) => one.locked);
  const codes = othersOn(own, locked, slice).map((one) => one.code).filter((code) => !isEmptyCode(code));
  if (codes.length === 0) return null;
  const pixels = new Uint8Array(own.size);
  for (const code of codes) forEachRun(code, own.size, (start, end) => pixels.fill(1, start, end));
  return pixels;
}

/** What other segments show on a slice, but for masks that wait for a decision of the person. */
function othersOn(own, concerned, slice) {
  return concerned
    .filter(({ number }) => !own.problems.has(keyOf({ segment: number, slice })))
    .map(({ number, locked }) => ({ number, locked, code: shown(own, { segment: number, slice }).code }));
}

/** Change of a segment that loses pixels to another: it stays what it is, unless nothing is left. */
function loss(own, place, code) {
  const state = isEmptyCode(code) ? "empty" : shown(own, place).state;
  return { ...change(own, place, code, state), taken: true };
}

function declareAbsent(own, place) {
  if (isWaiting(own) || own.problems.has(keyOf(place))) return null;
  if (own.segments().some((one) => one.locked && one.number === place.segment)) return null;
  if (shown(own, place).state === "confirmed_empty") return null;
  const changes = [change(own, place, own.empty, "confirmed_empty")];
  return sendStep(own, { kind: "absent", changes });
}

function decide(own, segment, slices, kind, reason) {
  if (isWaiting(own)) return null;
  const places = slices.map((slice) => ({ segment, slice })).filter((place) => !own.problems.has(keyOf(place)));
  if (places.length === 0) return null;
  const changes = places.map((place) =>
    kind === "accept" ? change(own, place, shown(own, place).code, "accepted") : change(own, place, own.empty, "empty"),
  );
  return sendStep(own, { kind, reason, changes });
}

/** `side` names the code in a change of the step that the slice gets: "before" or "code". */
function undoOrRedo(own, kind, side) {
  const { history, outbox, problems, steps } = own;
  if (isWaiting(own) || problems.size > 0) return null;
  const step = kind === "undo" ? history.undo() : history.redo();
  if (step === null) {
    if (outbox.pending().length > 0 || steps[kind] === null) return null;
    return send(own, { kind, of: null, changes: [] });
  }
  const state = side === "before" ? "stateBefore" : "state";
  const changes = step.changes.map((one) => ({
    ...change(own, one, one[side], one[state]),
    taken: one.taken,
  }));
  return send(own, { kind, of: step.number, changes });
}

function settle(own, place, keepMine) {
  const problem = own.problems.get(keyOf(place));
  if (problem === undefined) return null;
  own.problems.delete(keyOf(place));
  rebuildOverlay(own);
  if (!keepMine) return null;
  if (problem.state === "confirmed_empty") return declareAbsent(own, place);
  const code = onTop(stored(own, place).code, problem.before, problem.mine, own.size);
  const drawn = [{ slice: place.slice, code }];
  return drawSeveral(own, place.segment, drawn, { tool: "merge", erased: true });
}

/**
 * Takes in what the server says.
 *
 * @returns {{answered: object[], changed: Set<string>|null}} Answered messages with their
 *   answers, and the keys of masks that changed (null for all).
 */
function receive(own, incoming, now) {
  const { truth, outbox, history, overlay } = own;
  const answered = outbox.receive(incoming.answers, now);
  const all = incoming.epoch !== own.received.epoch || incoming.full;
  if (all) truth.clear();
  if (all || incoming.revision >= own.received.revision) {
    for (const one of incoming.changes) truth.set(keyOf(one), one);
    own.received = { epoch: incoming.epoch, revision: incoming.revision };
  }
  own.steps = incoming.steps;
  own.ends.receive(incoming.ends);
  for (const { message, answer } of answered) {
    if (answer.result === "stored") continue;
    history.clear();
    refuse(own, message, answer);
  }
  if (outbox.pending().length === 0 && !historyIsStored(own)) history.clear();
  const before = new Set(overlay.keys());
  rebuildOverlay(own);
  return { answered, changed: all ? null : new Set([...before, ...incoming.changes.map(keyOf)]) };
}

function refuse({ problems }, message, answer) {
  if (!["mask", "masks", "absent"].includes(message.kind)) return;
  // What others lost comes back by itself.
  for (const one of message.changes.filter(({ taken }) => !taken)) {
    const earlier = problems.get(keyOf(one));
    problems.set(keyOf(one), {
      segment: one.segment,
      slice: one.slice,
      kind: answer.result,
      text: answer.text ?? "",
      before: earlier?.before ?? one.before,
      mine: one.code,
      state: one.state,
      base: one.base,
      messages: [...(earlier?.messages ?? []), message],
    });
  }
}

/** Whether the newest step of this tab is the newest of the person: else only the server knows. */
function historyIsStored({ history, steps, client }) {
  const newest = history.newest();
  if (newest === null) return !history.canRedo() || steps.redo?.client === client;
  return steps.undo?.client === client && steps.undo.number === newest;
}

/** What strokes that turned `before` into `mine` make of `theirs`; all are codes. */
function onTop(theirs, before, mine, size) {
  const result = decodeRuns(theirs, size);
  const old = decodeRuns(before, size);
  const own = decodeRuns(mine, size);
  for (let place = 0; place < size; place++) {
    if (own[place] !== old[place]) result[place] = own[place];
  }
  return encodeRuns(result);
}
