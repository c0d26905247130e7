// What a message of the server changes on the screen.

/**
 * @param {object} screen See screen.js.
 * @param {object[]} answered Messages of this tab with their answers.
 * @param {Set<string>|null} changed Keys of masks that changed; null for all.
 */
export function takeInMessage(screen, answered, changed) {
  const { app, drawing } = screen;
  for (const one of answered) screen.note = noteAbout(one) ?? screen.note;
  const isOtherwise = ({ message }) => !["mask", "masks", "hints", "end", "accept", "reject"].includes(message.kind);
  if (answered.some(isOtherwise) || isChangedByOthers(app, answered, changed)) drawing.forget();
  // A step that only the server knew: show where it was.
  const unknown = answered.some(({ message }) => /do$/.test(message.kind) && message.changes.length === 0);
  const places = [...(changed ?? [])].map((key) => key.split(" ").map(Number));
  if (unknown && places.length > 0 && places.every(([, slice]) => slice !== app.slice)) screen.show(...places[0]);
  // While the person draws, only what lies beneath changes; the mask under the brush is theirs.
  if (drawing.isDrawing()) screen.status.showSaveState();
  else screen.refresh();
}

/** Whether the mask shown has changed without a message of this tab. */
function isChangedByOthers({ segment, slice }, answered, changed) {
  const own = answered.flatMap(({ message }) => message.changes);
  const isHere = (one) => one.segment === segment && one.slice === slice;
  return (changed?.has(`${segment} ${slice}`) ?? false) && !own.some(isHere);
}

/** What to say about an answer; null where there is nothing to say. */
export function noteAbout({ message, answer }) {
  if (answer.result === "skipped") {
    return "Something else was done in the meantime. Undo again to take that back.";
  }
  if (message.kind === "end" && answer.result !== "stored") return `Not stated: ${answer.text}`;
  if (["accept", "reject"].includes(message.kind) && answer.result !== "stored") {
    return `Not stored: ${answer.text || "this slice was changed in another window; look at it again."}`;
  }
  if (message.kind !== "hints" || answer.result === "stored") return null;
  return `The hint could not be used: ${answer.text || "this slice was changed in another window."}`;
}
