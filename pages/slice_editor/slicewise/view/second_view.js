// A second series beside the slice, at the same place in the patient: for viewing, never for drawing.

import { listenToPointer } from "../input/pointer.js";
import { drawCross } from "./marks.js";
import { createStage } from "./stage.js";
import { listWindows, valueText } from "./status.js";
import { toImage, toScreen, zoomView } from "./zoom.js";
import { draggedWindow, greyTable } from "./windowing.js";

/**
 * @param {HTMLElement} root Of the second picture.
 * @param {object} app
 * @param {AbortSignal} signal Ends all listening.
 * @param {object} acts `setView(view)` in places of the first picture, `turn(steps)`, `size(steps)`,
 *   `point(place)` with image coordinates or null.
 */
export function createSecondView(root, app, signal, acts) {
  const second = {
    app,
    shape: app.info.shape.slice(1),
    spacing: app.info.spacing.slice(1),
    find: (selector) => root.querySelector(selector),
    root,
    stage: null,
    key: null, // of the series that the stage is for
    greys: null,
    place: null, // of the cursor on this picture
    first: null, // view and screen of the first picture
  };
  const menu = second.find(".second-windows");
  listenToPointer(second.find(".second-stage"), signal, pointerActions(second, acts));
  menu.addEventListener("change", () => {
    const chosen = app.second?.info.picture?.windows.find((one) => one.name === menu.value);
    if (chosen !== undefined) setWindow(second, chosen);
    menu.blur();
  }, { signal });
  return {
    /** Shows what the server says of the second series; returns whether its room came or went. */
    update: () => update(second),
    /** The first picture moved, or the page was laid out anew. */
    follow(view, screen, resized) {
      second.first = { view, screen };
      if (resized) second.stage?.resize();
      follow(second);
      if (resized && second.stage !== null) drawImage(second);
    },
    /** Another slice is shown, or pixels of it arrived. */
    draw() {
      if (second.stage !== null) drawImage(second);
      else if (app.second !== null) showText(second);
    },
    /** Outlines of the masks: filled ones would hide what one looks for. */
    drawMasks(codes, shown, style) {
      if (second.stage === null) return;
      for (const { segment, code, color } of codes) second.stage.setMask(segment, code, color);
      second.stage.drawMasks(shown, { ...style, filled: false });
    },
    /** Marks the place that the cursor has on the first picture. */
    mark(where) {
      const { stage, spacing, place } = second;
      stage?.drawPointer((context) => {
        if (where !== null && place === null) drawCross(context, toScreen(stage.view(), spacing, where));
      });
    },
  };
}

function update(second) {
  const { app, root, shape, spacing, find } = second;
  const before = root.hidden;
  root.hidden = app.second === null;
  if ((app.second?.info.key ?? null) !== second.key) close(second);
  if (app.second !== null) {
    if (second.stage === null && app.second.window !== null) {
      const { key, picture } = app.second.info;
      second.key = key;
      second.stage = createStage(find(".second-stage"), shape, spacing, app.opacity, null, picture.shape);
      second.stage.resize();
      showWindow(second);
      follow(second);
      drawImage(second);
    } else showText(second);
  }
  return before !== root.hidden;
}

function close(second) {
  second.stage = second.key = null;
  second.find(".second-windows").replaceChildren();
  for (const canvas of second.find(".second-stage").querySelectorAll("canvas")) canvas.width = 0;
}

/** How far the middle of this picture lies from that of the first one. */
function shiftOf({ stage, first }) {
  return {
    x: (stage.screen.width - first.screen.width) / 2,
    y: (stage.screen.height - first.screen.height) / 2,
  };
}

function follow(second) {
  const { stage, first } = second;
  if (stage === null || first === null) return;
  const { x, y } = shiftOf(second);
  stage.setView({ ...first.view, x: first.view.x + x, y: first.view.y + y });
  stage.placeImage();
}

function setWindow(second, window) {
  second.app.second.window = window;
  showWindow(second);
  drawImage(second);
}

function showWindow(second) {
  const { info, window } = second.app.second;
  second.greys = greyTable(window, info.picture);
  listWindows(second.find(".second-windows"), info.picture.windows, window.name);
}

function drawImage(second) {
  const { app, stage, greys } = second;
  stage?.drawImage(app.second.pixels.get(app.slice), greys);
  showText(second);
}

function showText(second) {
  const { app, find, place, root } = second;
  const { info, pixels, places } = app.second;
  const numbers = pixels?.get(app.slice) ?? null;
  find(".second-name").textContent = info.name;
  find(".second-place").textContent = places.get(app.slice) ?? "";
  find(".second-value").textContent = numbers === null || place === null ? "" : valueUnder(second, numbers);
  find(".second-note").textContent = noteOn(info, numbers);
  root.dataset.slice = numbers === null ? "" : app.slice + 1;
}

function noteOn(info, numbers) {
  if (info.problem !== "") return info.problem;
  if (info.picture === null) return `Reading slice ${info.done} of ${info.slices}…`;
  return numbers === null ? "…" : "";
}

function valueUnder({ app, stage, shape, spacing, place }, numbers) {
  const { picture } = app.second.info;
  const [rows, columns] = picture.shape;
  const [x, y] = toImage(stage.view(), spacing, place);
  const [column, row] = [Math.floor((x * columns) / shape[1]), Math.floor((y * rows) / shape[0])];
  if (column < 0 || row < 0 || column >= columns || row >= rows) return "";
  return valueText(picture, numbers[row * columns + column]);
}

/** What the pointer does on this picture: nothing is drawn, so the left button moves it. */
function pointerActions(second, acts) {
  const isReady = () => second.stage !== null && second.first !== null;
  const moveFirst = (view) => {
    const { x, y } = shiftOf(second);
    acts.setView({ ...view, x: view.x - x, y: view.y - y });
  };
  return {
    isSpace: () => true,
    start: () => false,
    draw() {},
    stop() {},
    cancel() {},
    hover(at) {
      second.place = at;
      if (!isReady()) return;
      acts.point(toImage(second.stage.view(), second.spacing, at));
      showText(second);
    },
    leave() {
      second.place = null;
      acts.point(null);
      if (isReady()) showText(second);
    },
    window(dx, dy) {
      if (isReady()) setWindow(second, draggedWindow(second.app.second.window, dx, dy));
    },
    pan(dx, dy) {
      if (!isReady()) return;
      const view = second.stage.view();
      moveFirst({ ...view, x: view.x + dx, y: view.y + dy });
    },
    zoom(factor, at) {
      if (!isReady()) return;
      const { stage, shape, spacing } = second;
      moveFirst(zoomView(stage.view(), factor, at, shape, spacing, stage.screen));
    },
    turn: acts.turn,
    size: acts.size,
  };
}
