// What this tab knows and means, without the screen: one for each series that is open.

import { createAnnotation } from "./annotation.js";
import { AHEAD, createPlaneRequests, createSliceRequests, keepForReload, recallAfterReload, toWire } from "./exchange.js";
import { createPixelStore } from "./pixels.js";
import { createSurfaces } from "./surfaces.js";
import { isMissingSecond } from "./second_series.js";
import { createSegmentDisplay } from "./segment_display.js";

const ANSWER_WITHIN_MS = 10000; // a link followed is not held back for longer
const LEAVE_WITHIN_MS = 30000; // a server that has much to do needs seconds for another page
const LONGEST_NAME = 100; // characters of a window's name that the server takes
const PREFERENCES = "slicewise.editor";

function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) =>
    one.toString(16).padStart(2, "0"),
  ).join("");
}

export function createApp(header) {
  const { series, view, states, opacity, leavingKeys, previewSegment, previousSegment } = header;
  const [, rows, columns] = series.shape;
  const client = randomName();
  const [first] = series.windows;
  const app = {
    info: series,
    states, // names, colours and meaning of states
    opacity, // of masks, as core/display/mask_opacity.py has it
    previewSegment, // stands for the preview of an operation on a whole segment
    previousSegment, // stands for the version before the one shown
    people: null, // where to ask who is here, and the revision that was received; see people.js
    comments: [], // slices with an open comment
    review: null, // what waits for review, see review.js; null on the page for drawing
    leavingKeys, // how keys begin of buttons that wait until everything is saved
    client,
    annotation: createAnnotation({
      client,
      size: rows * columns,
      states,
      restored: recallAfterReload(series),
      segments: () => app.info.segments.map((one) => ({ ...one, locked: app.display.isLocked(one.number) })),
    }),
    display: createSegmentDisplay(view.segments), // which segments are shown, and which are locked
    pixels: createPixelStore(rows, columns),
    planes: { row: null, column: null },
    sliceRequests: createSliceRequests(series.shape),
    second: null, // a series beside the slice, see second_series.js
    surfaces: createSurfaces(),
    slice: view.slice,
    segment: view.segment,
    moves: view.moves,
    large: null, // what lies in the large place, see view/plane_pair.js
    planeViews: { row: null, column: null }, // view and screen of each in the large place
    cross: [Math.floor(rows / 2), Math.floor(columns / 2)],
    planeRequests: { row: createPlaneRequests(), column: createPlaneRequests() },
    lengths: [], // measured on the slice shown, see tools/measure.js
    tool: "brush",
    toolBefore: null, // tool for drawing, while the page for reviewing has another
    erase: false,
    sphere: false, // whether brush and eraser reach the neighbouring slices
    size: (Math.min(rows * series.spacing[1], columns * series.spacing[2]) * 24) / 640,
    firstWindow: first,
    window: first,
    tolerance: Math.round(first.width / 12),
    range: [first.center - first.width / 4, first.center + first.width / 4],
    style: { opacity: opacity.masks, filled: true, hidden: false },
    view: null,
    screen: null, // size of the stage that the view is for
    setState: null, // sends to the server; null while the element is not on the page
    sendLater: null, // timer, and when it is due
    sendDue: 0,
    sent: 0, // how often something was sent, and the last time that the server has answered
    acknowledged: 0,
    sentAt: -Infinity,
    leavingUntil: -Infinity,
  };
  const kept = readPreferences();
  if (Number.isFinite(kept.opacity)) app.style.opacity = Math.min(Math.max(kept.opacity, 0), 1);
  if (typeof kept.filled === "boolean") app.style.filled = kept.filled;
  return app;
}

function readPreferences() {
  try {
    return JSON.parse(localStorage.getItem(PREFERENCES)) ?? {};
  } catch {
    return {};
  }
}

export function keepPreferences({ style: { opacity, filled } }) {
  try {
    localStorage.setItem(PREFERENCES, JSON.stringify({ opacity, filled }));
  } catch {
    // Then they last as long as the tab.
  }
}

/** Sends everything without an answer, with what is looked at and what is missing. */
export function send(app) {
  clearTimeout(app.sendLater);
  app.sendLater = null;
  const now = performance.now();
  // Streamlit forgets a change of page, or leaves the new page blank, when anything else is sent
  // before it comes.
  if (now < app.leavingUntil) return;
  const messages = app.annotation.outbox.send(now);
  keepForReload(app.info, app.annotation.unsaved());
  if (app.setState === null) return;
  app.sentAt = now;
  app.sent += 1;
  const plane = (axis) => {
    const index = axis === "row" ? app.cross[0] : app.cross[1];
    return app.planeRequests[axis].for(index, app.planes[axis]?.index === index, now);
  };
  try {
    app.setState("outbox", {
      client: app.client,
      owner: app.info.owner,
      annotation: app.info.key,
      sent: app.sent,
      ...app.annotation.received(),
      slice: app.slice,
      segment: app.segment,
      compares: app.review?.compares ?? false,
      tool: app.toolBefore ?? app.tool,
      segments: app.display.describe(),
      window: [app.window.name.slice(0, LONGEST_NAME), app.window.center, app.window.width],
      wanted: {
        slices: app.sliceRequests.for(app.slice, app.pixels.has, now, soonShown(app)),
        row: plane("row"),
        column: plane("column"),
        second: secondRequests(app, now),
        surfaces: app.surfaces.request,
      },
      messages: messages.map(toWire),
    });
  } catch {
    // Without a connection: everything is sent again in a while.
  }
}

/** Takes in the number of the last message that the server has received from a tab. */
export function acknowledge(app, { client, number }) {
  if (client === app.client) app.acknowledged = number;
}

function secondRequests({ second, slice }, now) {
  if (second === null || second.info.problem !== "") return [];
  return second.requests.for(slice, (one) => second.pixels?.has(one) ?? false, now);
}

/** Whether the page may be left now: nothing that was sent waits for its answer. */
export function mayLeave(app, now) {
  const answered = app.acknowledged === app.sent || now - app.sentAt > ANSWER_WITHIN_MS;
  return answered && app.annotation.state(now) !== "saving";
}

/** Sends nothing until another page has come, or has not come for long: a link to it was followed. */
export function leave(app, now) {
  app.leavingUntil = now + LEAVE_WITHIN_MS;
}

/** Sends soon, or when something else wants it sooner. */
export function sendSoon(app, milliseconds) {
  const due = performance.now() + milliseconds;
  if (app.sendLater !== null && app.sendDue <= due) return;
  clearTimeout(app.sendLater);
  app.sendDue = due;
  app.sendLater = setTimeout(() => send(app), milliseconds);
}

/** Slices that a person will see next although they lie elsewhere: those of the next proposals. */
export const soonShown = (app) => app.review?.upcoming([app.segment, app.slice]).map(([, slice]) => slice) ?? [];

/** Whether there is something to ask for. */
export function isMissingPixels(app) {
  if (soonShown(app).some((slice) => !app.pixels.has(slice))) return true;
  const [slices] = app.info.shape;
  for (let away = 0; away <= AHEAD; away++) {
    for (const slice of [app.slice - away, app.slice + away]) {
      if (slice >= 0 && slice < slices && !app.pixels.has(slice)) return true;
    }
  }
  if (app.planes.row?.index !== app.cross[0] || app.planes.column?.index !== app.cross[1]) return true;
  return isMissingSecond(app.second, app.slice, slices);
}
