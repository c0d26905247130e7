// From the pointer to the tool that is chosen, and from the tool to the mask. What all tools share.

import { isBeyond } from "../model/ends.js";
import { decodeRuns, encodeRuns } from "../masks/run_length.js";
import { toolOf } from "./index.js";

/**
 * What tools work with:
 *   app, shape [rows, columns], pixelSize [width, height] in mm
 *   open                      what stays open between strokes, with its `tool`; null where nothing does
 *   current(), mask()         what is shown on the slice, and its pixels
 *   pixels()                  numbers of the slice, or null where they are not here yet
 *   pixelAt(place)            [row, column], or null outside
 *   store(mask, name, erased) the mask was changed by a stroke
 *   storeSeveral([{slice, mask}], name, erased, metLocked)   masks of several slices were, by one stroke;
 *                             `metLocked` where it has left out pixels of locked segments
 *   maskOf(slice)             pixels of another slice
 *   mayPaint(slice, erases)   whether a stroke may change another slice than the one it is made on
 *   ask(message)              the server is to change it
 *   painted(mask, area)       shows a mask while it is being painted
 *   heldPixels()              pixels of the slice that stay with locked segments, or null
 *   mayDraw()                 whether the mask may change now; says why not where a person can change that
 *   isNear(place, other), setCross([row, column])
 *   reach()                   how many image pixels count as near
 *   repaint()                 asks for the next sketch
 */
function createContext(app, shown) {
  const [, rows, columns] = app.info.shape;
  const current = () => app.annotation.shown(app.segment, app.slice);
  const madeFrom = new WeakMap(); // mask -> what was shown when it was taken: others may change it under a stroke
  const context = {
    app,
    shape: [rows, columns],
    pixelSize: [app.info.spacing[2], app.info.spacing[1]],
    open: null,
    current,
    mask: () => context.maskOf(app.slice),
    pixels: () => app.pixels.get(app.slice),
    pixelAt(place) {
      const [x, y] = place.map(Math.floor);
      return x < 0 || y < 0 || x >= columns || y >= rows ? null : [y, x];
    },
    maskOf(slice) {
      const seen = app.annotation.shown(app.segment, slice);
      const mask = decodeRuns(seen.code, rows * columns);
      madeFrom.set(mask, seen);
      return mask;
    },
    mayPaint(slice, erases) {
      // Nobody looks at that slice: what was said of it in so many words holds.
      if (app.annotation.shown(app.segment, slice).state === "confirmed_empty") return false;
      return erases || !isBeyond(app.annotation.ends(app.segment), slice);
    },
    store: (mask, tool, erased) => context.storeSeveral([{ slice: app.slice, mask }], tool, erased),
    storeSeveral(drawn, tool, erased, metLocked = false) {
      const masks = drawn.map(({ slice, mask }) => ({ slice, code: encodeRuns(mask), seen: madeFrom.get(mask) }));
      const meets = metLocked || (!erased && masks.some((one) => meetsLocked(app, one)));
      shown.changed(app.annotation.drawSeveral(app.segment, masks, { tool, erased }));
      if (meets) shown.metLocked();
    },
    ask: (message) => shown.changed(app.annotation.ask(message)),
    painted: shown.painted,
    heldPixels: () => app.annotation.heldPixels(app.segment, app.slice),
    mayDraw: () => !shown.refuses() && !app.annotation.isWaiting() && app.annotation.problemOf(app.segment, app.slice) === null,
    isNear: shown.isNear,
    setCross: shown.setCross,
    reach: shown.reach,
    repaint: shown.repaint,
  };
  return context;
}

/** Whether a mask adds pixels that belong to locked segments. */
function meetsLocked({ annotation, segment }, { slice, code }) {
  const held = annotation.heldPixels(segment, slice);
  if (held === null) return false;
  const before = decodeRuns(annotation.shown(segment, slice).code, held.length);
  return decodeRuns(code, held.length).some((value, place) => value === 1 && held[place] === 1 && before[place] === 0);
}

/**
 * @param {object} app
 * @param {object} shown Callbacks: `painted(mask, area)` while painting, `changed(message)` after,
 *   `isNear(place, other)` on the screen, `setCross([row, column])`, `reach()`, `repaint()`,
 *   `refuses()` whether a person has made the segment one that cannot be changed (says so), and
 *   `metLocked()` after a stroke that left out pixels of locked segments.
 */
export function createDrawing(app, shown) {
  const context = createContext(app, shown);
  let stroke = null; // {tool, points, erase} and what the tool adds, while the pointer is down

  function end() {
    if (stroke === null) return;
    const finished = stroke;
    stroke = null;
    finished.tool.end(context, finished);
    shown.changed(null);
  }

  const isOpen = () => context.open !== null && (context.open.tool.isOpen?.(context.open) ?? false);
  const close = () => context.open?.tool.close?.(context);

  return {
    context,
    /** Puts a tool down; `opposite` while Alt is held. Returns whether it stays down. */
    begin(place, id, opposite) {
      const tool = toolOf(id);
      const erases = tool.options.includes("mode") ? app.erase : (tool.erases ?? false);
      const started = { tool, points: [place], erase: erases !== opposite };
      stroke = started;
      if (tool.begin?.(context, started) === false) stroke = null;
      return stroke !== null;
    },
    /** Puts down a stroke that was begun elsewhere, such as on a plane across the slices. */
    take(begun) {
      stroke = begun;
    },
    move(places) {
      stroke?.tool.move?.(context, stroke, places);
    },
    end,
    /** Closes what is open, such as a polygon. */
    close,
    /** Drops the stroke under way, as if the pointer had not come down. */
    interrupt() {
      stroke?.tool.interrupt?.(context, stroke);
      stroke = null;
      shown.changed(null);
    },
    /** Takes back the newest part of what is open; returns whether there was one. */
    stepBack() {
      const { open } = context;
      if (!(open?.tool.stepBack?.(context) ?? false)) return false;
      if (stroke?.tool === open.tool) stroke = null;
      shown.changed(null);
      return true;
    },
    /** Drops what is being drawn; a mask being painted is as before. Returns whether there was any. */
    cancel() {
      const dropped = stroke !== null || isOpen();
      stroke = null;
      context.open?.tool.cancel?.(context);
      if (dropped) shown.changed(null);
      return dropped;
    },
    /** Finishes what is open, before the slice, segment or tool changes. */
    settle() {
      end();
      const { tool } = context.open ?? {};
      if (isOpen()) (tool.settle ?? tool.close)?.(context);
      context.open = null;
    },
    /** Forgets a mask that can still be changed, because it changed otherwise; drawings stay open. */
    forget() {
      if (!isOpen()) context.open = null;
    },
    /** Takes back a mark that the chosen tool shows beside the masks; returns whether there was one. */
    removeMark: () => toolOf(app.tool).removeMark?.(context) ?? false,
    /** Whether a tool is down; whether one is that changes the mask. */
    isDown: () => stroke !== null,
    isDrawing: () => stroke !== null && !stroke.tool.isViewOnly,
    isOpen,
    /** What is open, in words; blank where nothing is. */
    openText: () => (isOpen() ? context.open.tool.openText(context.open) : ""),
    /** Lines and handles of the chosen tool that are no mask yet; `cursor` in image coordinates or null. */
    sketch(cursor) {
      const tool = toolOf(app.tool);
      return tool.sketch?.(context, stroke?.tool === tool ? stroke : null, cursor) ?? {};
    },
  };
}
