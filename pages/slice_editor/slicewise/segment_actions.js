// What the buttons of the segment list do, by ids such as "lock 3".

import { sendSoon } from "./model/app.js";
import { isolated } from "./model/bidirectional.js";

const REMEMBERED_AFTER_MS = 500; // for the next visit; nothing waits for it
const ID = /^(lock|hide|solo|up|down) (\d+)$/;

/**
 * @param {object} screen See screen.js.
 */
export function createSegmentActions(screen) {
  const { app } = screen;
  const { display } = app;
  const acts = {
    lock: display.lock,
    hide: display.hide,
    solo: display.solo,
    up: (number) => display.move(app.info.segments, number, -1),
    down: (number) => display.move(app.info.segments, number, 1),
  };
  return {
    /** Sets the opacity of the segment being worked on, as a share of that of all masks. */
    setShare(share) {
      display.setOpacity(app.segment, share);
      screen.redraw({ masks: true });
      sendSoon(app, REMEMBERED_AFTER_MS);
    },
    /** Does what an id means; returns whether it means anything. */
    actOnSegment(id) {
      const [, what, number] = ID.exec(id) ?? [];
      if (what === undefined) return false;
      screen.drawing.settle();
      acts[what](Number(number));
      screen.note = "";
      screen.refresh();
      sendSoon(app, REMEMBERED_AFTER_MS);
      return true;
    },
    /** Whether the segment being worked on may not be changed now; says why. */
    refusesDrawing() {
      const reason = whyNotDraw(app);
      if (reason === "") return false;
      screen.note = reason;
      screen.status.showNotice();
      return true;
    },
    /** Says that a stroke met locked segments. */
    sayLocked() {
      screen.note = "Pixels of locked segments were left out.";
      screen.status.showNotice();
    },
  };
}

/** Why the segment being worked on cannot be changed; blank where it can. */
export function whyNotDraw({ display, info, segment }) {
  if (info.readOnly) return info.readOnly;
  const label = isolated(info.segments.find((one) => one.number === segment)?.label ?? "");
  if (display.isLocked(segment)) return `${label} is locked. Unlock it in the list of segments to change it.`;
  return display.isShown(segment) ? "" : `${label} is hidden. Show it in the list of segments to change it.`;
}
