// A change of page: nothing is under way when it begins, and nothing is sent until it is over.

import assert from "node:assert/strict";
import { test } from "node:test";

import { acknowledge, createApp, leave, mayLeave, send } from "../../../pages/slice_editor/slicewise/model/app.js";
import { leavingSelectors } from "../../../pages/slice_editor/slicewise/leaving.js";
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

test("links wait, and buttons whose keys begin as the server says", () => {
  const { waiting, otherPage } = leavingSelectors({ any: "leave-", page: "leave-page-" });
  assert.equal(waiting, 'a[href], [class*="st-key-leave-"] button');
  assert.equal(otherPage, 'a[href], [class*="st-key-leave-page-"] button');
});
