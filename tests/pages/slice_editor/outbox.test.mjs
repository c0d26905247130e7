import assert from "node:assert/strict";
import { test } from "node:test";

import {
  createOutbox,
  RESEND_AFTER_MS,
} from "../../../pages/slice_editor/slicewise/model/outbox.js";

const answer = ({ client, number }) => ({ client, number, result: "stored" });

test("a message is saving until it is answered, and saved then", () => {
  const outbox = createOutbox("a");
  assert.equal(outbox.state(0), "saved");
  const message = outbox.add({ kind: "mask" });
  outbox.send(10);
  assert.equal(outbox.state(20), "saving");
  outbox.receive([answer(message)], 60);
  assert.equal(outbox.state(70), "saved");
});

test("silence is called offline, and an answer ends it", () => {
  const outbox = createOutbox("a");
  const first = outbox.add({ kind: "mask" });
  outbox.send(0);
  outbox.send(RESEND_AFTER_MS - 1);
  assert.equal(outbox.state(RESEND_AFTER_MS), "offline");
  const second = outbox.add({ kind: "mask" });
  outbox.send(RESEND_AFTER_MS + 5);
  outbox.receive([answer(first)], RESEND_AFTER_MS + 10);
  assert.equal(outbox.state(RESEND_AFTER_MS + 20), "saving");
  outbox.receive([answer(second)], RESEND_AFTER_MS + 30);
  assert.equal(outbox.state(9 * RESEND_AFTER_MS), "saved");
});

test("what is not answered is sent again, all of it in order", () => {
  const outbox = createOutbox("a");
  outbox.add({ kind: "mask", at: 1 });
  outbox.send(0);
  outbox.add({ kind: "mask", at: 2 });
  outbox.send(100);
  assert.equal(outbox.isDue(RESEND_AFTER_MS), false);
  assert.equal(outbox.isDue(100 + RESEND_AFTER_MS), true);
  assert.deepEqual(
    outbox.send(5000).map((one) => [one.client, one.number, one.at]),
    [
      ["a", 1, 1],
      ["a", 2, 2],
    ],
  );
});

test("an answer that comes twice, or to another tab's message, changes nothing", () => {
  const outbox = createOutbox("a");
  const message = outbox.add({ kind: "mask" });
  outbox.send(0);
  outbox.receive([{ client: "b", number: 1, result: "stored" }], 1);
  assert.equal(outbox.pending().length, 1);
  assert.equal(outbox.receive([answer(message)], 2).length, 1);
  assert.equal(outbox.receive([answer(message)], 3).length, 0);
});

test("messages of an earlier load keep their names and go first", () => {
  const old = { client: "old", number: 7, kind: "mask" };
  const outbox = createOutbox("new", [old]);
  outbox.add({ kind: "mask" });
  assert.deepEqual(
    outbox.send(0).map((one) => [one.client, one.number]),
    [
      ["old", 7],
      ["new", 1],
    ],
  );
});
