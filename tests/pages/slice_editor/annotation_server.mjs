// A server for tests of the masks of a tab.

import { encodeRuns, isEmptyCode } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { concernedSegments, overwrite } from "../../../pages/slice_editor/slicewise/model/overwriting.js";

export const SIZE = 24;
export const EMPTY = encodeRuns(new Uint8Array(SIZE));

export function code(...pixels) {
  const mask = new Uint8Array(SIZE);
  for (const pixel of pixels) mask[pixel] = 1;
  return encodeRuns(mask);
}

/**
 * A store as the real one: versions, idempotent messages, one history of steps.
 *
 * @param {object[]} segments With rules for overlaps, as the editor knows them.
 */
export function createServer(segments = []) {
  const masks = new Map();
  const answers = new Map();
  const makers = new Map(); // "segment slice version" -> message that made it, or null
  const done = [];
  const undone = [];
  const ends = { first: { slice: null, version: 0, makers: [] }, last: { slice: null, version: 0, makers: [] } };
  let revision = 0;

  function writeEnd(end, slice, message) {
    const before = ends[end].slice;
    ends[end] = { slice, version: ends[end].version + 1, makers: [...ends[end].makers, message] };
    return { end, before, after: slice };
  }

  const at = (segment, slice) =>
    masks.get(`${segment} ${slice}`) ?? { segment, slice, version: 0, state: "empty", code: EMPTY };

  function write(segment, slice, mask, state, message = null) {
    const before = at(segment, slice);
    const version = before.version + 1;
    revision += 1;
    const after = { segment, slice, version, state, expected: null, code: mask, revision };
    masks.set(`${segment} ${slice}`, after);
    makers.set(`${segment} ${slice} ${version}`, message);
    return { before, after };
  }

  function handle(message) {
    const { client, number } = message;
    const result = (name) => ({ client, number, result: name });
    if (message.kind === "undo" || message.kind === "redo") {
      const [from, to] = message.kind === "undo" ? [done, undone] : [undone, done];
      const step = from.at(-1);
      if (step === undefined) return result("stored");
      const mine = step.client === client && step.number === message.of;
      if (message.of !== null && !mine) return result("skipped");
      from.pop();
      to.push(step);
      for (const { end, before, after } of step.ends ?? []) {
        writeEnd(end, message.kind === "undo" ? before : after, message);
      }
      for (const { before, after } of step.changes) {
        const wanted = message.kind === "undo" ? before : after;
        write(wanted.segment, wanted.slice, wanted.code, wanted.state, message);
      }
      return result("stored");
    }
    if (message.kind === "end") {
      const later = ends[message.end].makers.slice(message.base);
      const earlier = later.every((one) => one.client === client && one.number < number);
      if (!earlier) return { ...result("refused"), text: "stated elsewhere" };
      done.push({ client, number, changes: [], ends: [writeEnd(message.end, message.slice, message)] });
      undone.length = 0;
      return result("stored");
    }
    const [change] = message.changes;
    const newest = at(change.segment, change.slice);
    for (let version = change.base + 1; version <= newest.version; version++) {
      const maker = makers.get(`${change.segment} ${change.slice} ${version}`);
      const earlier = maker !== null && maker.client === client && maker.number < number;
      if (!earlier) return result("conflict");
    }
    const concerned = concernedSegments(segments, change.segment)
      .map((one) => ({ ...at(one.number, change.slice), ...one, locked: message.locked.includes(one.number) }));
    const { code: mask, taken } = overwrite(newest.code, change.code, concerned, SIZE);
    const written = [write(change.segment, change.slice, mask, change.state, message)];
    for (const { number: other, code: left } of taken) {
      const state = isEmptyCode(left) ? "empty" : at(other, change.slice).state;
      written.push(write(other, change.slice, left, state, message));
    }
    done.push({ client, number, changes: written });
    undone.length = 0;
    return result("stored");
  }

  return {
    at,
    ends: () => ({ first: ends.first.slice, last: ends.last.slice }),
    stateEnd: (end, slice) => writeEnd(end, slice, { client: "other", number: 0 }),
    write: (segment, slice, mask, state) => write(segment, slice, mask, state),
    answer(messages, received) {
      for (const message of messages) {
        const name = `${message.client} ${message.number}`;
        if (!answers.has(name)) answers.set(name, handle(message));
      }
      const full = received.epoch !== "one";
      return {
        epoch: "one",
        revision,
        full,
        answers: messages.map((one) => answers.get(`${one.client} ${one.number}`)),
        changes: [...masks.values()].filter((one) => full || one.revision > received.revision),
        ends: [{ segment: 1, first: ends.first, last: ends.last }],
        steps: { undo: done.at(-1) ?? null, redo: undone.at(-1) ?? null },
      };
    },
  };
}

export function exchange(tab, server, now = 0) {
  return tab.receive(server.answer(tab.outbox.send(now), tab.received()), now);
}
