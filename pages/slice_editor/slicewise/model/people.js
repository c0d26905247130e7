// Who else has this annotation open, and whether it has changed or may not be seen any more: asked every second.

import { isolated } from "./bidirectional.js";
import { send } from "./app.js";

const ASK_EVERY_MS = 1000;
const MOST_NAMED = 3;
const NOT_KNOWN = 404; // also where a role was taken away

/**
 * Asks until a signal is aborted, and then says that this tab has left.
 *
 * @param {object} app See app.js; `app.people` is what the last message of the server says.
 * @param {AbortSignal} signal
 * @param {(text: string) => void} show Called with who is here, in words.
 * @param {() => boolean} isBusy Whether what is new has to wait, such as for the end of a stroke.
 */
export function watchPeople(app, signal, show, isBusy) {
  let asking = false;
  let refused = null; // the editor that the server knew no more, so that the page is drawn anew once
  async function ask() {
    if (asking || document.hidden || app.people === null) return;
    asking = true;
    try {
      const answer = await request(app, app.slice);
      const { people, revision } = answer.ok ? await answer.json() : { people: [], revision: null };
      show(peopleText(people));
      if (isBusy() || !isAnswered(app)) return;
      if (answer.status === NOT_KNOWN && refused !== app.people.editor) {
        refused = app.people.editor;
        send(app);
      } else if (revision !== null && revision !== app.people.revision) {
        send(app);
      }
    } catch {
      show(""); // without a connection nobody is known to be here
    } finally {
      asking = false;
    }
  }
  const ticking = setInterval(ask, ASK_EVERY_MS);
  document.addEventListener("visibilitychange", ask, { signal });
  signal.addEventListener("abort", () => {
    clearInterval(ticking);
    request(app, null).catch(() => {});
  });
  ask();
}

function request({ people: { address, editor } }, slice) {
  const query = new URLSearchParams({ editor, slice: slice ?? "" });
  return fetch(`${address}?${query}`, { method: "POST", keepalive: true });
}

/** Whether nothing is under way whose answer brings what is new. */
const isAnswered = (app) => app.acknowledged === app.sent && app.annotation.outbox.pending().length === 0;

/** Who is here, in words, each person once; blank where nobody else is. */
export function peopleText(people) {
  const tabs = new Map();
  for (const { name, slice, oneself } of people) {
    const key = oneself ? "" : name;
    tabs.set(key, [...(tabs.get(key) ?? []), slice + 1]);
  }
  const named = [...tabs].slice(0, MOST_NAMED).map(([name, slices]) => {
    return `${name === "" ? ownTabs(slices.length) : isolated(name)} (${slicesText(slices)})`;
  });
  const more = tabs.size - named.length;
  if (named.length === 0) return "";
  return `Also here: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const ownTabs = (count) => (count === 1 ? "you in another tab" : `you in ${count} other tabs`);

/** Slices of several tabs; one on which two of them are stands once. */
function slicesText(slices) {
  const different = [...new Set(slices)].sort((one, other) => one - other);
  return `${different.length === 1 ? "slice" : "slices"} ${different.join(", ")}`;
}
