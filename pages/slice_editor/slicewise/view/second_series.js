// A second series beside the slice, at the same place in the patient: to look at, never to draw on.

import { createWishes } from "../model/exchange.js";
import { element } from "./panel.js";
import { createPixelStore } from "../model/pixels.js";
import { listenToPointer } from "../input/pointer.js";
import { createStage } from "./stage.js";
import { toImage, toScreen, zoomView } from "./zoom.js";
import { draggedWindow, greyTable } from "./windowing.js";

const AHEAD = 1; // slices fetched on either side: the server computes each of them
const AT_ONCE = 2;
const CROSS = 9; // CSS pixels from the middle of the cross to its ends

/**
 * What this tab knows of the second series, brought up to date.
 *
 * @param {object|null} known As returned before.
 * @param {object|null} info What the server says; null where no second series is shown.
 * @param {number[]} shape Slices, rows and columns of the first series.
 */
export function updateSecond(known, info, shape) {
  if (info === null) return null;
  const second =
    known?.info.key === info.key
      ? known
      : { wishes: createWishes(shape, AHEAD, AT_ONCE), places: new Map(), pixels: null, window: null };
  second.info = info;
  if (second.pixels === null && info.picture !== null) {
    second.pixels = createPixelStore(...info.picture.shape);
    [second.window] = info.picture.windows;
  }
  return second;
}

/** Whether the second series has a slice here, or nothing is to come. */
export function hasSecond(second, slice) {
  return second === null || second.info.problem !== "" || (second.pixels?.has(slice) ?? false);
}

/** Whether there is something of the second series to ask for. */
export function isMissingSecond(second, current, slices) {
  for (let slice = Math.max(0, current - AHEAD); slice <= Math.min(slices - 1, current + AHEAD); slice++) {
    if (!hasSecond(second, slice)) return true;
  }
  return false;
}

/**
 * @param {HTMLElement} root Of the second picture.
 * @param {object} app
 * @param {AbortSignal} signal Ends all listening.
 * @param {object} acts `setView(view)` in places of the first picture, `turn(steps)`, `size(steps)`,
 *   `point(place)` with image coordinates or null.
 */
export function createSecondView(root, app, signal, acts) {
  const shape = app.info.shape.slice(1);
  const spacing = app.info.spacing.slice(1);
  const find = (selector) => root.querySelector(selector);
  const picture = find(".second-stage");
  const choices = find(".second-windows");
  let stage = null;
  let key = null; // of the series that the stage is for
  let table = null;
  let place = null; // of the cursor on this picture
  let first = null; // view and screen of the first picture

  function close() {
    stage = key = null;
    choices.replaceChildren();
    for (const canvas of picture.querySelectorAll("canvas")) canvas.width = 0;
  }

  /** How far the middle of this picture lies from that of the first one. */
  const shift = () => ({
    x: (stage.screen.width - first.screen.width) / 2,
    y: (stage.screen.height - first.screen.height) / 2,
  });

  function setWindow(window) {
    app.second.window = window;
    showWindow();
    drawImage();
  }

  function showWindow() {
    const { info, window } = app.second;
    table = greyTable(window, info.picture);
    const names = info.picture.windows.map((one) => one.name);
    const all = [...names, ...(names.includes(window.name) ? [] : [window.name])];
    choices.replaceChildren(...all.map((name) => element("option", { textContent: name })));
    choices.value = window.name;
  }

  function drawImage() {
    stage?.drawImage(app.second.pixels.get(app.slice), table);
    showText();
  }

  function showText() {
    const { info, pixels, places } = app.second;
    find(".second-name").textContent = info.name;
    find(".second-place").textContent = places.get(app.slice) ?? "";
    const numbers = pixels?.get(app.slice) ?? null;
    find(".second-value").textContent = numbers === null || place === null ? "" : valueUnder(numbers);
    const note = find(".second-note");
    if (info.problem !== "") note.textContent = info.problem;
    else if (info.picture === null) note.textContent = `Reading slice ${info.done} of ${info.slices}…`;
    else note.textContent = numbers === null ? "…" : "";
    root.dataset.slice = numbers === null ? "" : app.slice + 1;
  }

  function valueUnder(numbers) {
    const { shape: [rows, columns], offset, slope, counted, unit } = app.second.info.picture;
    const [x, y] = toImage(stage.view(), spacing, place);
    const [column, row] = [Math.floor((x * columns) / shape[1]), Math.floor((y * rows) / shape[0])];
    if (column < 0 || row < 0 || column >= columns || row >= rows) return "";
    const value = offset + slope * numbers[row * columns + column];
    return `${counted ? Math.round(value) : value.toPrecision(4)} ${unit}`;
  }

  function follow() {
    if (stage === null || first === null) return;
    const { x, y } = shift();
    stage.setView({ ...first.view, x: first.view.x + x, y: first.view.y + y });
    stage.placeImage();
  }

  const moveFirst = (view) => {
    const { x, y } = shift();
    acts.setView({ ...view, x: view.x - x, y: view.y - y });
  };

  const isReady = () => stage !== null && first !== null;
  listenToPointer(picture, signal, {
    isSpace: () => true, // there is nothing to draw: the left button moves the picture
    start: () => false,
    draw() {},
    stop() {},
    cancel() {},
    hover(at) {
      place = at;
      if (!isReady()) return;
      acts.point(toImage(stage.view(), spacing, at));
      showText();
    },
    leave() {
      place = null;
      acts.point(null);
      if (isReady()) showText();
    },
    window(dx, dy) {
      if (isReady()) setWindow(draggedWindow(app.second.window, dx, dy));
    },
    pan(dx, dy) {
      if (!isReady()) return;
      const view = stage.view();
      moveFirst({ ...view, x: view.x + dx, y: view.y + dy });
    },
    zoom(factor, at) {
      if (isReady()) moveFirst(zoomView(stage.view(), factor, at, shape, spacing, stage.screen));
    },
    turn: acts.turn,
    size: acts.size,
  });
  choices.addEventListener("change", () => {
    const chosen = app.second?.info.picture?.windows.find((one) => one.name === choices.value);
    if (chosen !== undefined) setWindow(chosen);
    choices.blur();
  }, { signal });

  return {
    /** Shows what the server says of the second series; returns whether its room came or went. */
    update() {
      const before = root.hidden;
      root.hidden = app.second === null;
      if ((app.second?.info.key ?? null) !== key) close();
      if (app.second !== null) {
        if (stage === null && app.second.window !== null) {
          key = app.second.info.key;
          stage = createStage(picture, shape, spacing, null, app.second.info.picture.shape);
          stage.resize();
          showWindow();
          follow();
          drawImage();
        } else showText();
      }
      return before !== root.hidden;
    },
    /** The first picture moved, or the page was laid out anew. */
    follow(view, screen, resized) {
      first = { view, screen };
      if (resized) stage?.resize();
      follow();
      if (resized && stage !== null) drawImage();
    },
    /** Another slice is shown, or pixels of it arrived. */
    draw() {
      if (stage !== null) drawImage();
      else if (app.second !== null) showText();
    },
    /** Outlines of the masks: filled ones would hide what one looks for. */
    drawMasks(codes, shown, style) {
      if (stage === null) return;
      for (const { segment, code, color } of codes) stage.setMask(segment, code, color);
      stage.drawMasks(shown, { ...style, filled: false });
    },
    /** Marks the place that the cursor has on the first picture. */
    mark(where) {
      if (stage === null) return;
      stage.drawPointer((context) => {
        if (where !== null && place === null) drawCross(context, toScreen(stage.view(), spacing, where));
      });
    },
  };
}

/** Marks a place, leaving the pixels under it free. */
export function drawCross(context, { x, y }) {
  for (const [width, style] of [[3, "rgb(0 0 0 / 60%)"], [1.2, "rgb(255 224 130)"]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + (dx * CROSS) / 3, y + (dy * CROSS) / 3);
      context.lineTo(x + dx * CROSS, y + dy * CROSS);
    }
    context.stroke();
  }
}
