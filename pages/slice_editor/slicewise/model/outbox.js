// Messages on their way to the server: kept until answered, sent again after a while.
//
// A message is named by its client and number, so that the server does nothing twice. All messages
// without an answer travel together, oldest first: one that got lost is made up for by the next.

export const RESEND_AFTER_MS = 3000;

/**
 * @param {string} client Name of this tab.
 * @param {object[]} restored Messages of an earlier load of this tab that nobody answered.
 */
export function createOutbox(client, restored = []) {
  let pending = [...restored];
  let next = 1;
  let sentAt = -Infinity;
  let waitingSince = restored.length > 0 ? 0 : null; // oldest unanswered sending
  return {
    /** Adds a message and returns it with its client and number. */
    add(message) {
      const added = { ...message, client, number: next++ };
      pending.push(added);
      return added;
    },
    pending: () => pending,
    /** Marks everything as sent and returns it. */
    send(now) {
      sentAt = now;
      if (pending.length > 0) waitingSince ??= now;
      return pending;
    },
    /** Removes answered messages; returns them with their answers. */
    receive(answers, now) {
      const byName = new Map(answers.map((one) => [`${one.client} ${one.number}`, one]));
      const answered = [];
      pending = pending.filter((message) => {
        const answer = byName.get(`${message.client} ${message.number}`);
        if (answer === undefined) return true;
        answered.push({ message, answer });
        return false;
      });
      if (answered.length > 0) waitingSince = pending.length > 0 ? now : null;
      return answered;
    },
    /** Whether unanswered messages should be sent (again) now. */
    isDue: (now) => pending.length > 0 && now - sentAt >= RESEND_AFTER_MS,
    /** "saved", "saving", or "offline" where the server has been silent for too long. */
    state(now) {
      if (pending.length === 0) return "saved";
      // Some messages ask for work that takes the server longer than storing a mask.
      const patience = Math.max(RESEND_AFTER_MS, ...pending.map((one) => one.patience ?? 0));
      const silent = waitingSince !== null && now - waitingSince >= patience;
      return silent ? "offline" : "saving";
    },
  };
}
