// What buttons and keys do at once, by the ids in input/keys.js.

import { fillHoles, grow, largestPart, shrink } from "./masks/regions.js";
import { decodeRuns, encodeRuns, isEmptyCode } from "./masks/run_length.js";
import { toolOf } from "./tools/index.js";
import { zoomView } from "./view/zoom.js";
import { draggedWindow } from "./view/windowing.js";

const ZOOM_STEP = 1.25;
const OPACITY_STEP = 0.1;
const LEVEL_STEP = 6; // as if the pointer were dragged by as many CSS pixels
const WIDTH_STEP = 15;
const SEGMENT = "segment ";

/**
 * @param {object} screen See screen.js.
 * @returns {{act: Function, resolve: Function, zoom: Function}} `act(id)` does what an id means, be
 *   it an action, a tool, or "segment 3"; `act("size", millimetres)` sets the brush.
 */
export function createActions(screen) {
  const { app } = screen;
  const actions = { ...editingActions(screen), ...viewingActions(screen) };
  const meanings = () => ({ ...actions, ...screen.reviewing?.actions });
  return {
    act(id, value) {
      if (id === "size") screen.setSize(value);
      else if (id === "share") screen.setShare(value);
      else if (id.startsWith(SEGMENT)) {
        screen.choose(app.display.sorted(app.info.segments)[Number(id.slice(SEGMENT.length)) - 1]?.number);
      } else if (screen.actOnSegment(id)) return;
      else if (id in meanings()) meanings()[id]();
      else if (toolOf(id) !== undefined) screen.chooseTool(id);
    },
    /** Settles a drawing that the server refused: discarded, or put on top of what is stored. */
    resolve({ segment, slice }, keepMine) {
      screen.goTo(slice);
      app.annotation.settle(segment, slice, keepMine);
      screen.sendNow();
      screen.refresh();
    },
    zoom: (factor, at) => zoom(screen, factor, at),
  };
}

function zoom(screen, factor, at) {
  const { stage, shape, spacing, planes } = screen;
  if (planes.isLarge()) {
    planes.zoom(factor);
    return;
  }
  stage.setView(zoomView(stage.view(), factor, at, shape, spacing, stage.screen));
  screen.moved();
}

function editingActions(screen) {
  const { app, shape } = screen;

  function put(code, tool, erased) {
    if (screen.refusesDrawing()) return;
    if (app.annotation.draw(app.segment, app.slice, code, { tool, erased }) !== null) screen.sendNow();
    screen.refresh();
  }

  function edit(change, tool, erased) {
    screen.drawing.settle();
    const mask = decodeRuns(app.annotation.shown(app.segment, app.slice).code, shape[0] * shape[1]);
    put(encodeRuns(change(mask, shape)), tool, erased);
  }

  function copyFrom(slice) {
    if (slice < 0 || slice >= app.info.shape[0]) return;
    const { code } = app.annotation.shown(app.segment, slice);
    if (isEmptyCode(code)) {
      screen.note = `There is nothing to copy on slice ${slice + 1}.`;
      screen.status.showNotice();
      return;
    }
    screen.drawing.settle();
    put(code, "copy", true);
  }

  function stateEnd(end) {
    if (screen.refusesDrawing()) return;
    if (app.annotation.stateEnd(app.segment, end, app.slice) !== null) screen.sendNow();
    screen.refresh();
  }

  function undoOrRedo(kind) {
    if (app.info.readOnly && screen.refusesDrawing()) return;
    screen.drawing.settle();
    const message = kind === "undo" ? app.annotation.undo() : app.annotation.redo();
    if (message === null) return;
    screen.sendNow();
    const change = message.changes.find((one) => one.slice === app.slice) ?? message.changes[0];
    if (change !== undefined) screen.show(change.segment, change.slice);
    screen.refresh();
  }

  return {
    undo: () => screen.drawing.stepBack() || undoOrRedo("undo"),
    redo: () => undoOrRedo("redo"),
    "copy-before": () => copyFrom(app.slice - 1),
    "copy-after": () => copyFrom(app.slice + 1),
    grow: () => edit(grow, "grow", false),
    shrink: () => edit(shrink, "shrink", true),
    "fill-holes": () => edit(fillHoles, "fill holes", false),
    largest: () => edit(largestPart, "largest part", true),
    clear() {
      screen.drawing.settle();
      put(app.annotation.empty, "clear", true);
    },
    absent() {
      screen.drawing.settle();
      if (screen.refusesDrawing()) return;
      if (app.annotation.declareAbsent(app.segment, app.slice) !== null) screen.sendNow();
      screen.refresh();
    },
    begins: () => stateEnd("first"),
    ends: () => stateEnd("last"),
  };
}

function viewingActions(screen) {
  const { app, stage, pointer } = screen;
  const [slices] = app.info.shape;
  const turn = (steps) => screen.goTo(app.slice + steps);
  const middle = () => ({ x: stage.screen.width / 2, y: stage.screen.height / 2 });
  const zoomHere = (factor) => zoom(screen, factor, pointer.cursor ?? middle());
  const drag = (width, level) => screen.setWindow(draggedWindow(app.window, width, level));
  const fade = (change) => {
    screen.setStyle({ opacity: Math.min(Math.max(app.style.opacity + change, 0), 1) });
  };
  return {
    previous: () => turn(-1),
    next: () => turn(1),
    back: () => turn(-10),
    forth: () => turn(10),
    first: () => screen.goTo(0),
    last: () => screen.goTo(slices - 1),
    surfaces: () => screen.planes.enlargeSurfaces(),
    large: () => screen.planes.enlargeNext(),
    "large-slice": () => screen.planes.enlarge(null),
    "large-row": () => screen.planes.enlarge("row"),
    "large-column": () => screen.planes.enlarge("column"),
    fit() {
      if (screen.planes.isLarge()) {
        screen.planes.fit();
        return;
      }
      stage.fit();
      screen.moved();
    },
    "zoom-in": () => zoomHere(ZOOM_STEP),
    "zoom-out": () => zoomHere(1 / ZOOM_STEP),
    darker: () => drag(0, LEVEL_STEP),
    brighter: () => drag(0, -LEVEL_STEP),
    wider: () => drag(WIDTH_STEP, 0),
    narrower: () => drag(-WIDTH_STEP, 0),
    "reset-window": () => screen.setWindow(app.firstWindow),
    "next-window"() {
      const place = app.info.windows.findIndex((one) => one.name === app.window.name);
      screen.setWindow(app.info.windows[(place + 1) % app.info.windows.length]);
    },
    filled: () => screen.setStyle({ filled: !app.style.filled }),
    fainter: () => fade(-OPACITY_STEP),
    stronger: () => fade(OPACITY_STEP),
    smaller: () => screen.resizeBrush(-1),
    larger: () => screen.resizeBrush(1),
    sphere: () => screen.setSphere(!app.sphere),
    "clear-lengths"() {
      app.lengths = [];
      screen.redraw({ pointer: true });
    },
    finish() {
      screen.drawing.settle();
      screen.clickOnceSaved(`[class*="st-key-${app.leavingKeys.finish}"] button`);
    },
    help: () => screen.panel.help(),
  };
}
