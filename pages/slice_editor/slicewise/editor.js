// Slicewise's slice editor, as Streamlit loads it: called with every message from the server.

import { acknowledge, createApp, isMissingPixels, send, sendSoon, soonShown } from "./model/app.js";
import { keepForReload } from "./model/exchange.js";
import { openMessage } from "./model/framing.js";
import { receiveSurfaces } from "./model/surfaces.js";
import { unpackPixels } from "./model/pixels.js";
import { createScreen } from "./screen.js";
import { toolOf } from "./tools/index.js";
import { updateReview } from "./model/review.js";
import { updateSecond } from "./model/second_series.js";

const LOOKS_WITH = "crosshair";

// One for the whole tab: it outlives the element while other pages are shown.
const tab = (globalThis.slicewiseEditor ??= { app: null, screen: null, root: null, script: import.meta.url });
// After an update of the server the tab begins anew; what was not stored yet is kept and sent.
if (tab.script !== import.meta.url) location.reload();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".editor");
  if (root === null || data === null) return undefined;
  const message = openMessage(data);
  const { header } = message;
  const { key, owner } = header.series;
  if (tab.app === null || tab.app.info.key !== key || tab.app.info.owner !== owner) {
    tab.screen?.close();
    tab.screen = null;
    tab.app = createApp(header);
    restoreTools(tab.app, header.view);
  }
  const { app } = tab;
  app.setState = setStateValue;
  acknowledge(app, header.acknowledged);
  app.info = header.series;
  app.people = header.people;
  app.comments = header.comments;
  app.review = updateReview(app.review, header.review, () => app.annotation);
  app.second = updateSecond(app.second, header.second, header.series.shape);
  const view = viewOf(app, header);
  const changes = header.changes.map(({ bytes, ...one }) => ({ ...one, code: message.take(bytes) }));
  const { answered, changed } = app.annotation.receive({ ...header, changes }, performance.now());
  if (answered.length > 0) keepForReload(app.info, app.annotation.unsaved());
  const isToolLeft = leaveTool(app);
  const isNew = tab.screen === null || tab.root !== root;
  if (isNew) {
    tab.screen?.close();
    Object.assign(app, { slice: view.slice, segment: view.segment });
    tab.root = root;
    if (app.review === null && !app.info.readOnly) takeUpTool(app);
    tab.screen = createScreen(root, app);
  }
  const { screen } = tab;
  if (isToolLeft && !isNew) screen.panel.showOptions();
  const removed = !app.info.segments.some((one) => one.number === app.segment);
  if (isNew || removed || view.moves > app.moves) {
    app.moves = view.moves;
    screen.show(view.segment, view.slice);
  }
  screen.showMessage(answered, changed);
  screen.showSecond();
  unpack(app, header, message);
  // Says hello: messages of an earlier load, and what is still missing.
  if (isNew) send(app);
  // Proposals come while nobody does anything.
  else if (header.lookAgainAfter !== null) sendSoon(app, header.lookAgainAfter);
  // Streamlit also calls this for a message that another one overtook: then the element stays.
  return () =>
    setTimeout(() => {
      if (root.isConnected || tab.root !== root) return;
      app.setState = null;
      app.leavingUntil = -Infinity;
      tab.screen?.close();
      tab.screen = null;
      tab.root = null;
    });
}

/**
 * What to show: what the server says, but for one that was started anew, or has forgotten this tab.
 * It knows nothing of what was shown since, and a person who draws on must not be led elsewhere.
 */
function viewOf(app, { view, epoch }) {
  const known = app.annotation.received().epoch;
  if (known === "" || known === epoch) return view;
  app.moves = view.moves;
  const isThere = app.info.segments.some((one) => one.number === app.segment);
  return { ...view, slice: app.slice, segment: isThere ? app.segment : view.segment };
}

/** Takes up the tool and the window that the person had at the last visit. */
function restoreTools(app, { tool, window }) {
  if (toolOf(tool) !== undefined) app.tool = tool;
  if (!window) return;
  const [name, center, width] = window;
  app.window = { name, center, width };
}

/** Where nothing may be drawn, the tool for looking is taken; returns whether another one was. */
function leaveTool(app) {
  if (!app.info.readOnly || toolOf(app.tool).isViewOnly) return false;
  app.toolBefore ??= app.tool;
  app.tool = LOOKS_WITH;
  return true;
}

/** After a review, the tool is the one that was chosen for drawing. */
function takeUpTool(app) {
  app.tool = app.toolBefore ?? app.tool;
  app.toolBefore = null;
}

async function unpack(app, header, message) {
  const [slices, rows, columns] = app.info.shape;
  const images = header.images.map((one) => [one, message.take(one.bytes)]);
  const planes = header.planes.map((one) => [one, message.take(one.bytes)]);
  const { second } = app;
  const beside = (header.second?.images ?? []).map((one) => [one, message.take(one.bytes)]);
  if (header.surfaces) {
    receiveSurfaces(app.surfaces, header.surfaces, message.take, header);
    tab.screen?.showSurfaces();
  }
  for (const [{ slice }, bytes] of images) {
    if (app.pixels.has(slice)) continue;
    app.pixels.put(slice, await unpackPixels(bytes, rows, columns), app.slice, soonShown(app));
    tab.screen?.showPixels(slice);
  }
  for (const [{ axis, index }, bytes] of planes) {
    const numbers = await unpackPixels(bytes, slices, axis === "row" ? columns : rows);
    app.planes[axis] = { index, numbers };
    tab.screen?.showPlane(axis, app.planes[axis]);
  }
  for (const [{ slice, place }, bytes] of beside) {
    const numbers = await unpackPixels(bytes, ...second.info.picture.shape);
    second.places.set(slice, place);
    second.pixels.put(slice, numbers, app.slice);
    if (slice === app.slice) tab.screen?.showSecond();
  }
  if (images.length + planes.length + beside.length > 0 && isMissingPixels(app)) sendSoon(app, 20);
}
