// A change of page: nothing is under way when it begins, and nothing is sent until it is over.

import assert from "node:assert/strict";
import { test } from "node:test";

import { acknowledge, createApp, leave, mayLeave, send } from "../../../pages/slice_editor/slicewise/model/app.js";
import { leavingSelectors, watchForStaying } from "../../../pages/slice_editor/slicewise/leaving.js";
import { STATES } from "./vectors.mjs";

const HEADER = {
  series: { key: "a", shape: [3, 4, 5], spacing: [1, 1, 1], windows: [{ name: "", center: 40, width: 400 }] },
  view: { slice: 1, segment: 1, moves: 0, segments: { locked: [], hidden: [], solo: null, opacities: [], order: [] } },
  states: STATES,
  opacity: { masks: 0.35, proposed: 0.35, others: 0.4 },
  leavingKeys: { any: "leave-", page: "leave-page-" },
};

function opened() {
  const sent = [];
  const app = createApp(HEADER);
  app.setState = (name, value) => sent.push(value);
  return { app, sent };
}

test("a page is left only after the server has heard everything", () => {
  const { app, sent } = opened();
  send(app);
  send(app);
  assert.equal(mayLeave(app, performance.now()), false);
  acknowledge(app, { client: app.client, number: sent[0].sent });
  assert.equal(mayLeave(app, performance.now()), false);
  acknowledge(app, { client: "another tab", number: sent[1].sent });
  assert.equal(mayLeave(app, performance.now()), false);
  acknowledge(app, { client: app.client, number: sent[1].sent });
  assert.equal(mayLeave(app, performance.now()), true);
});

test("a server that stays silent does not hold a link back for ever", () => {
  const { app } = opened();
  send(app);
  assert.equal(mayLeave(app, performance.now() + 9_000), false);
  assert.equal(mayLeave(app, performance.now() + 11_000), true);
});

test("nothing is sent while another page is on its way, however slow the server is", () => {
  const { app, sent } = opened();
  leave(app, performance.now());
  send(app);
  leave(app, performance.now() - 20_000);
  send(app);
  assert.equal(sent.length, 0);
  leave(app, performance.now() - 31_000);
  send(app);
  assert.equal(sent.length, 1);
});

test("once the page has run and is still there, everything is sent as before", () => {
  const { app, sent } = opened();
  const start = performance.now();
  const look = watchForStaying(app);
  leave(app, start);
  for (const [isRunning, after] of [[false, 0], [true, 100], [false, 400], [true, 900], [true, 4_000], [false, 5_400]]) {
    look(isRunning, start + after);
    send(app);
  }
  assert.equal(sent.length, 0);
  look(false, start + 5_600);
  send(app);
  assert.equal(sent.length, 1);
});

test("a run that was too short to be seen is waited for a little longer, and each time anew", () => {
  const { app, sent } = opened();
  const look = watchForStaying(app);
  for (const start of [performance.now(), performance.now() + 20_000]) {
    sent.length = 0;
    leave(app, start);
    look(false, start);
    look(false, start + 4_900);
    send(app);
    assert.equal(sent.length, 0);
    look(false, start + 5_100);
    send(app);
    assert.equal(sent.length, 1);
  }
});

test("links wait, and buttons whose keys begin as the server says", () => {
  const { waiting, otherPage } = leavingSelectors({ any: "leave-", page: "leave-page-" });
  assert.equal(waiting, 'a[href], [class*="st-key-leave-"] button');
  assert.equal(otherPage, 'a[href], [class*="st-key-leave-page-"] button');
});
