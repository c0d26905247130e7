// A stroke that takes pixels from other segments, on the screen and on the server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createAnnotation } from "../../../pages/slice_editor/slicewise/model/annotation.js";
import { toWire } from "../../../pages/slice_editor/slicewise/model/exchange.js";
import { RESEND_AFTER_MS } from "../../../pages/slice_editor/slicewise/model/outbox.js";
import { combineCodes, isEmptyCode, sameCode } from "../../../pages/slice_editor/slicewise/masks/run_length.js";
import { code, createServer, exchange, SIZE } from "./annotation_server.mjs";
import { STATES } from "./vectors.mjs";

const brush = { tool: "brush", erased: false };
const exclusive = [1, 2, 3].map((number) => ({ number, overlap: "unlocked" }));

function opened({ locked = [], segments = exclusive, prepare = () => {} } = {}) {
  const server = createServer(segments);
  prepare(server);
  const withLocks = () => segments.map((one) => ({ ...one, locked: locked.includes(one.number) }));
  const options = { size: SIZE, states: STATES, segments: withLocks };
  const tab = createAnnotation({ client: "a", ...options });
  exchange(tab, server);
  return { tab, server, options };
}

const proposal = (server) => server.write(2, 0, code(3, 4, 5), "proposed");

test("the other segment loses the pixels at once, and the answer changes nothing more", () => {
  const { tab, server } = opened({ prepare: proposal });
  tab.draw(1, 0, code(4), brush);
  assert.deepEqual(tab.shown(2, 0).code, code(3, 5));
  assert.equal(tab.shown(2, 0).state, "proposed");
  exchange(tab, server);
  assert.deepEqual(tab.stored(2, 0).code, code(3, 5));
});

test("only what was drawn is sent, with the segments that are locked", () => {
  const { tab } = opened({ prepare: proposal, locked: [3] });
  const { kind, segment, locked, changes } = toWire(tab.draw(1, 0, code(4), brush));
  assert.deepEqual([kind, segment, locked, changes], ["mask", 1, [3], undefined]);
  const several = [{ slice: 0, code: code(3, 4) }, { slice: 1, code: code(3) }];
  const sent = toWire(tab.drawSeveral(1, several, brush));
  assert.deepEqual(sent.changes.map(({ slice }) => slice), [0, 1]);
});

test("undo and redo show both segments at once, in their states", () => {
  const { tab, server } = opened({ prepare: proposal });
  tab.draw(1, 0, code(3, 4, 5), brush);
  assert.deepEqual([tab.shown(1, 0).state, tab.shown(2, 0).state], ["drawn", "empty"]);
  tab.undo();
  assert.deepEqual([tab.shown(1, 0).state, tab.shown(2, 0).state], ["empty", "proposed"]);
  assert.deepEqual(tab.shown(2, 0).code, code(3, 4, 5));
  exchange(tab, server);
  tab.redo();
  assert.ok(isEmptyCode(tab.shown(2, 0).code));
  exchange(tab, server);
  assert.ok(isEmptyCode(server.at(2, 0).code));
});

test("a locked segment keeps its pixels, and no stroke changes it", () => {
  const { tab, server } = opened({ prepare: proposal, locked: [2] });
  tab.draw(1, 0, code(4, 5, 6), brush);
  assert.deepEqual([tab.shown(1, 0).code, tab.shown(2, 0).code], [code(6), code(3, 4, 5)]);
  assert.equal(tab.draw(2, 0, code(9), brush), null);
  assert.equal(tab.declareAbsent(2, 0), null);
  exchange(tab, server);
  assert.deepEqual([server.at(1, 0).code, server.at(2, 0).code], [code(6), code(3, 4, 5)]);
});

test("a stroke that is refused has taken nothing", () => {
  const { tab, server } = opened({ prepare: proposal });
  server.write(1, 0, code(9), "drawn");
  tab.draw(1, 0, code(4), brush);
  exchange(tab, server);
  assert.deepEqual(tab.problems().map(({ segment }) => segment), [1]);
  assert.deepEqual(tab.shown(2, 0).code, code(3, 4, 5));
});

test("a stroke over what an unanswered stroke has taken is stored", () => {
  const { tab, server } = opened({ prepare: proposal });
  tab.draw(1, 0, code(4), brush);
  tab.draw(2, 0, code(3, 5, 6), brush);
  exchange(tab, server);
  assert.equal(tab.state(0), "saved");
  assert.deepEqual([server.at(1, 0).code, server.at(2, 0).code], [code(4), code(3, 5, 6)]);
});

function generator(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (let seed = 1; seed <= 40; seed++) {
  test(`whatever gets lost, screen and server agree and no pixel is shared: seed ${seed}`, () => {
    const random = generator(seed);
    const locked = [];
    let { tab, server, options } = opened({ locked });
    let now = 0;
    for (let event = 0; event < 300; event++) {
      now += random(400);
      const kind = random(20);
      const [segment, slice] = [1 + random(3), random(2)];
      if (kind < 10) {
        const pixels = Array.from({ length: 1 + random(8) }, () => random(SIZE));
        tab.draw(segment, slice, code(...pixels), brush);
      } else if (kind < 12) tab.undo();
      else if (kind < 13) tab.redo();
      else if (kind < 14) locked.splice(0, 3, ...(random(2) === 0 ? [segment] : []));
      else if (kind < 15) {
        tab = createAnnotation({ client: `tab ${event}`, ...options, restored: tab.unsaved() });
        exchange(tab, server, now);
      } else if (kind < 17) server.answer(tab.outbox.send(now), tab.received());
      else exchange(tab, server, now);
    }
    now += RESEND_AFTER_MS;
    exchange(tab, server, now);
    assert.equal(tab.state(now), "saved");
    for (const slice of [0, 1]) {
      const codes = [1, 2, 3].map((segment) => server.at(segment, slice).code);
      codes.forEach((one, at) => assert.ok(sameCode(tab.shown(at + 1, slice).code, one)));
      for (const [one, other] of [[0, 1], [0, 2], [1, 2]]) {
        const shared = combineCodes(codes[one], codes[other], SIZE, (inOne, inOther) => inOne && inOther);
        assert.ok(isEmptyCode(shared), `segments ${one + 1} and ${other + 1} on slice ${slice}`);
      }
    }
  });
}
