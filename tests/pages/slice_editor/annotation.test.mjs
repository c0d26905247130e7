// The masks of a tab against a server that keeps every version, with a connection that fails.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { RESEND_AFTER_MS } from "../../../pages/slice_editor/slicewise/model/outbox.js";
import { sameCode } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { code, createServer, EMPTY, exchange, SIZE } from "./annotation_server.mjs";
import { STATES } from "./vectors.mjs";

const brush = { tool: "brush", erased: false };

test("a stroke is shown at once and stored after the answer", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  tab.draw(1, 0, code(3), brush);
  assert.deepEqual(tab.shown(1, 0).code, code(3));
  assert.equal(tab.stored(1, 0).version, 0);
  exchange(tab, server);
  assert.deepEqual(server.at(1, 0).code, code(3));
  assert.equal(tab.state(0), "saved");
});

test("strokes on a slice whose proposal came in between are called drawn, on a proposal corrected", () => {
  const server = createServer();
  server.write(1, 1, code(9), "proposed");
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  assert.equal(tab.draw(1, 0, code(3), brush).changes[0].state, "drawn");
  assert.equal(tab.draw(1, 1, code(9, 10), brush).changes[0].state, "corrected");
});

test("undo shows the outcome at once and agrees with the server afterwards", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  tab.draw(1, 0, code(3), brush);
  tab.draw(1, 5, code(4), brush);
  tab.undo();
  tab.undo();
  tab.redo();
  assert.deepEqual(tab.shown(1, 0).code, code(3));
  assert.deepEqual(tab.shown(1, 5).code, EMPTY);
  exchange(tab, server);
  assert.deepEqual(server.at(1, 0).code, code(3));
  assert.deepEqual(server.at(1, 5).code, EMPTY);
});

test("after a reload undo asks the server, and nothing is drawn until it answers", () => {
  const server = createServer();
  const first = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(first, server);
  first.draw(1, 0, code(3), brush);
  exchange(first, server);
  const second = createAnnotation({ client: "b", size: SIZE, states: STATES });
  exchange(second, server);
  assert.equal(second.canUndo(), true);
  second.undo();
  assert.equal(second.draw(1, 0, code(3, 4), brush), null);
  exchange(second, server);
  assert.deepEqual(second.shown(1, 0).code, EMPTY);
  assert.equal(second.canRedo(), true);
});

test("an undo never takes back what came from elsewhere instead of the stroke it was meant for", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  const other = createAnnotation({ client: "b", size: SIZE, states: STATES });
  exchange(tab, server);
  exchange(other, server);
  tab.draw(1, 0, code(3), brush);
  exchange(tab, server);
  other.draw(1, 7, code(8), brush);
  exchange(other, server);
  tab.undo();
  exchange(tab, server);
  assert.deepEqual(server.at(1, 7).code, code(8));
  assert.deepEqual(tab.shown(1, 0).code, code(3));
});

test("a change by another tab is a conflict that shows what was drawn and keeps what is stored", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  server.write(1, 0, code(1), "drawn");
  exchange(tab, server);
  tab.draw(1, 0, code(1, 2), brush);
  server.write(1, 0, code(1, 5), "drawn");
  tab.draw(1, 0, code(1, 2, 3), brush);
  exchange(tab, server);
  assert.deepEqual(server.at(1, 0).code, code(1, 5));
  assert.deepEqual(tab.shown(1, 0).code, code(1, 2, 3));
  assert.equal(tab.state(0), "problem");
  assert.equal(tab.unsaved().length, 2);
  tab.settle(1, 0, true);
  exchange(tab, server);
  assert.deepEqual(server.at(1, 0).code, code(1, 2, 3, 5));
  assert.equal(tab.state(0), "saved");
});

test("a conflict can be settled for what is stored", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  server.write(1, 0, code(5), "drawn");
  tab.draw(1, 0, code(2), brush);
  exchange(tab, server);
  tab.settle(1, 0, false);
  assert.deepEqual(tab.shown(1, 0).code, code(5));
  assert.equal(tab.state(0), "saved");
});

test("messages that a reload interrupted are sent by the next load, once", () => {
  const server = createServer();
  const first = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(first, server);
  first.draw(1, 0, code(3), brush);
  server.answer(first.outbox.send(0), first.received()); // the answer got lost
  first.draw(1, 0, code(3, 4), brush);
  const second = createAnnotation({ client: "b", size: SIZE, states: STATES, restored: first.unsaved() });
  assert.deepEqual(second.shown(1, 0).code, code(3, 4));
  exchange(second, server);
  assert.deepEqual(second.shown(1, 0).code, code(3, 4));
  assert.equal(server.at(1, 0).version, 2);
});

test("an end is shown at once, moved, taken back by the same key, and undone", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  assert.deepEqual(tab.ends(1), { first: null, last: null });
  tab.stateEnd(1, "first", 2);
  tab.stateEnd(1, "last", 7);
  tab.stateEnd(1, "first", 3);
  assert.deepEqual(tab.ends(1), { first: 3, last: 7 });
  assert.deepEqual(tab.ends(2), { first: null, last: null });
  assert.notEqual(tab.draw(1, 5, code(3), brush), null);
  exchange(tab, server);
  assert.deepEqual(server.ends(), { first: 3, last: 7 });
  tab.stateEnd(1, "first", 3);
  exchange(tab, server);
  assert.deepEqual(server.ends(), { first: null, last: 7 });
  tab.undo();
  exchange(tab, server);
  assert.deepEqual(tab.ends(1), { first: 3, last: 7 });
  assert.equal(tab.state(0), "saved");
});

test("an end that was stated elsewhere meanwhile is shown as it is stored", () => {
  const server = createServer();
  const tab = createAnnotation({ client: "a", size: SIZE, states: STATES });
  exchange(tab, server);
  server.stateEnd("first", 4);
  tab.stateEnd(1, "first", 2);
  const { answered } = exchange(tab, server);
  assert.equal(answered[0].answer.result, "refused");
  assert.deepEqual(tab.ends(1), { first: 4, last: null });
  assert.equal(tab.state(0), "saved");
});

function generator(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (let seed = 1; seed <= 40; seed++) {
  test(`whatever gets lost on the way, screen and server agree in the end: seed ${seed}`, () => {
    const random = generator(seed);
    const server = createServer();
    let tab = createAnnotation({ client: "tab 0", size: SIZE, states: STATES });
    let now = 0;
    exchange(tab, server, now);
    for (let event = 0; event < 300; event++) {
      now += random(400);
      const kind = random(21);
      const slice = random(4);
      if (kind < 9) {
        const pixels = Array.from({ length: 1 + random(4) }, () => random(SIZE)).sort();
        tab.draw(1, slice, code(...pixels), brush);
      } else if (kind < 12) tab.undo();
      else if (kind < 13) tab.redo();
      else if (kind < 14) tab.declareAbsent(1, slice);
      else if (kind < 15) tab.stateEnd(1, random(2) === 0 ? "first" : "last", slice);
      else if (kind < 16) {
        const lost = random(2) === 0;
        tab = createAnnotation({ client: `tab ${event}`, size: SIZE, states: STATES, restored: tab.unsaved() });
        if (!lost) exchange(tab, server, now);
      } else if (kind < 17) server.answer(tab.outbox.send(now), tab.received());
      else if (kind < 18) tab.outbox.send(now);
      else exchange(tab, server, now);
    }
    now += RESEND_AFTER_MS;
    exchange(tab, server, now);
    assert.equal(tab.state(now), "saved");
    assert.deepEqual(tab.ends(1), server.ends());
    for (let slice = 0; slice < 4; slice++) {
      const there = server.at(1, slice);
      assert.ok(sameCode(tab.shown(1, slice).code, there.code), `slice ${slice}`);
      assert.equal(tab.shown(1, slice).state, there.state);
    }
  });
}
