// The masks of a series as this tab shows them: what the server has stored, and on top of it what
// was done here and is not acknowledged yet.
//
// Once a message is answered, what the server says holds. So the screen ends up showing what is on
// disk whatever happened on the way, and what a person drew stays visible until it is there.

import { createHistory } from "./history.js";
import { createOutbox } from "./outbox.js";
import { encodeRuns, decodeRuns, isEmptyCode, sameCode } from "../masks/run_length.js";

const FROM_A_PROPOSAL = new Set(["proposed", "accepted", "corrected"]);

const keyOf = (segment, slice) => `${segment} ${slice}`;

/**
 * @param {object} options
 * @param {string} options.client Name of this tab.
 * @param {number} options.size Pixels of a slice.
 * @param {object[]} [options.restored] Messages of an earlier load of this tab without an answer.
 */
export function createAnnotation({ client, size, restored = [] }) {
  const empty = encodeRuns(new Uint8Array(size));
  const truth = new Map(); // key -> {segment, slice, version, state, expected, code}
  const overlay = new Map(); // key -> {code, state, base} of what is not acknowledged
  const problems = new Map(); // key -> what the server refused, until the person decides
  const outbox = createOutbox(client, restored);
  const history = createHistory();
  let received = { epoch: "", revision: 0 };
  let steps = { undo: null, redo: null };
  layOver();

  function stored(segment, slice) {
    return (
      truth.get(keyOf(segment, slice)) ??
      { segment, slice, version: 0, state: "empty", expected: null, code: empty }
    );
  }

  function shown(segment, slice) {
    const over = overlay.get(keyOf(segment, slice));
    const below = stored(segment, slice);
    return over === undefined ? below : { ...below, ...over, expected: null };
  }

  function layOver() {
    overlay.clear();
    for (const problem of problems.values()) {
      overlay.set(keyOf(problem.segment, problem.slice), {
        code: problem.mine,
        state: problem.state,
        base: problem.base,
      });
    }
    for (const message of outbox.pending()) {
      for (const change of message.changes) {
        overlay.set(keyOf(change.segment, change.slice), {
          code: change.code,
          state: change.state,
          base: change.base,
        });
      }
    }
  }

  function change(segment, slice, code, state) {
    const over = overlay.get(keyOf(segment, slice));
    const now = shown(segment, slice);
    const drawn = FROM_A_PROPOSAL.has(now.state) ? "corrected" : "drawn";
    return {
      segment,
      slice,
      code,
      before: now.code,
      state: state ?? (isEmptyCode(code) ? "empty" : drawn),
      base: over?.base ?? now.version,
    };
  }

  function send(message) {
    const sent = outbox.add(message);
    layOver();
    return sent;
  }

  function refuse(message, answer) {
    for (const one of message.changes) {
      if (message.kind !== "mask" && message.kind !== "absent") continue;
      const key = keyOf(one.segment, one.slice);
      const earlier = problems.get(key);
      problems.set(key, {
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

  return {
    empty,
    stored,
    shown,
    problems: () => [...problems.values()],
    problemOf: (segment, slice) => problems.get(keyOf(segment, slice)) ?? null,
    received: () => received,
    outbox,
    /** What must not get lost: everything that is not acknowledged, refused things included. */
    unsaved: () => [...[...problems.values()].flatMap((one) => one.messages), ...outbox.pending()],
    /** "saved", "saving", "offline", or "problem" where the server refused something. */
    state: (now) => (problems.size > 0 ? "problem" : outbox.state(now)),

    /** Replaces a mask; returns the message, or null where nothing changed or may change. */
    draw(segment, slice, code, { tool, erased }) {
      if (this.isWaiting() || problems.has(keyOf(segment, slice))) return null;
      if (sameCode(code, shown(segment, slice).code)) return null;
      const one = change(segment, slice, code);
      const message = send({ kind: "mask", tool, erased, changes: [one] });
      history.push({ number: message.number, changes: [one] });
      return message;
    },

    /** States that the structure is not on a slice. */
    declareAbsent(segment, slice) {
      if (this.isWaiting() || problems.has(keyOf(segment, slice))) return null;
      if (shown(segment, slice).state === "confirmed_empty") return null;
      const one = change(segment, slice, empty, "confirmed_empty");
      const message = send({ kind: "absent", changes: [one] });
      history.push({ number: message.number, changes: [one] });
      return message;
    },

    /** Takes back the newest step, here or, where this tab has none, on the server. */
    undo() {
      return this.travel("undo", "before");
    },

    /** Brings back what was taken back last. */
    redo() {
      return this.travel("redo", "code");
    },

    travel(kind, side) {
      if (this.isWaiting() || problems.size > 0) return null;
      const step = kind === "undo" ? history.undo() : history.redo();
      if (step === null) {
        if (outbox.pending().length > 0 || steps[kind] === null) return null;
        return send({ kind, of: null, changes: [] });
      }
      const changes = step.changes.map((one) => ({
        ...change(one.segment, one.slice, one[side]),
        base: overlay.get(keyOf(one.segment, one.slice))?.base ?? stored(one.segment, one.slice).version,
      }));
      return send({ kind, of: step.number, changes });
    },

    canUndo: () => history.canUndo() || (steps.undo !== null && outbox.pending().length === 0),
    canRedo: () => history.canRedo() || (steps.redo !== null && outbox.pending().length === 0),
    /** Name of the step that undo ("undo") or redo ("redo") is about, where the server said it. */
    stepName: (kind) => steps[kind]?.action ?? null,

    /**
     * Whether nothing can be drawn yet: before the server has said anything, while messages of an
     * earlier load are under way, and during a step whose outcome only the server knows.
     */
    isWaiting: () =>
      received.epoch === "" ||
      outbox.pending().some((one) => one.client !== client || one.changes.length === 0),

    /** Messages of other kinds, such as hints for a correction: the answer brings the outcome. */
    ask(message) {
      if (this.isWaiting()) return null;
      return send({ ...message, changes: [] });
    },

    /** Settles a refusal: keep what is stored, or put what was drawn here on top of it. */
    settle(segment, slice, keepMine) {
      const problem = problems.get(keyOf(segment, slice));
      if (problem === undefined) return null;
      problems.delete(keyOf(segment, slice));
      layOver();
      if (!keepMine) return null;
      if (problem.state === "confirmed_empty") return this.declareAbsent(segment, slice);
      const code = onTop(stored(segment, slice).code, problem.before, problem.mine, size);
      return this.draw(segment, slice, code, { tool: "merge", erased: true });
    },

    /**
     * Takes in what the server says.
     *
     * @returns {{answered: object[], changed: Set<string>|null}} Answered messages with their
     *   answers, and the keys of masks that changed (null for all).
     */
    receive(news, now) {
      const answered = outbox.receive(news.answers, now);
      const all = news.epoch !== received.epoch || news.full;
      if (all) truth.clear();
      if (all || news.revision >= received.revision) {
        for (const one of news.changes) truth.set(keyOf(one.segment, one.slice), one);
        received = { epoch: news.epoch, revision: news.revision };
      }
      steps = news.steps;
      for (const { message, answer } of answered) {
        if (answer.result === "stored") continue;
        history.clear();
        refuse(message, answer);
      }
      if (outbox.pending().length === 0 && !historyIsStored()) history.clear();
      const before = new Set(overlay.keys());
      layOver();
      const changed = new Set([...before, ...news.changes.map((one) => keyOf(one.segment, one.slice))]);
      return { answered, changed: all ? null : changed };
    },
  };

  /** Whether the newest step of this tab is the newest of the person: else only the server knows. */
  function historyIsStored() {
    const newest = history.newest();
    if (newest === null) return !history.canRedo() || steps.redo?.client === client;
    return steps.undo?.client === client && steps.undo.number === newest;
  }
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
