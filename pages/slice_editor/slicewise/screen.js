// The editor on the page: creates its parts and joins them. Each part is given the screen:
//
//   app                     what this tab knows, see model/app.js
//   root, find(selector)    the element of the editor, and one inside it
//   signal                  aborted when the editor leaves the page
//   shape, spacing          [rows, columns], and [height, width] of a pixel in mm
//   stage, second, planes, strip, panel, drawing, status    parts of the screen
//   pointer                 {cursor, pointed, alt, space, isKeyboard()}: places of the pointer on the
//                           stage (CSS pixels) and on the second picture (image), and keys held down
//   greys                   grey of every number under the window chosen
//   reviewing               see reviewing.js; null on the page for drawing
//   note                    a sentence to show until the next action
//   colorOf(segment)        a CSS colour
//   redraw(what)            see view/repaint.js
//   showFigures()           see view/figures.js
// and what navigation.js, settings.js and actions.js return.

import { createActions } from "./actions.js";
import { keepConnected } from "./connection.js";
import { createPointerActions } from "./input/pointer_actions.js";
import { listenToControls, listenToKeys } from "./input/shortcuts.js";
import { createKeyboardCursor } from "./input/keyboard_cursor.js";
import { takeLostFocus } from "./input/lost_focus.js";
import { listenToPointer } from "./input/pointer.js";
import { holdLinks } from "./leaving.js";
import { takeInMessage } from "./messages.js";
import { watchPeople } from "./model/people.js";
import { createNavigation } from "./navigation.js";
import { createReviewing } from "./reviewing.js";
import { createSegmentActions } from "./segment_actions.js";
import { createSettings } from "./settings.js";
import { createDrawing } from "./tools/drawing.js";
import { createFigures } from "./view/figures.js";
import { fitPage, watchAbove } from "./view/layout.js";
import { createPanel } from "./view/panel.js";
import { createPlanePair } from "./view/plane_pair.js";
import { keepDrawn } from "./view/restoring.js";
import { createRepaint } from "./view/repaint.js";
import { createSecondView } from "./view/second_view.js";
import { createStage } from "./view/stage.js";
import { createStatus } from "./view/status.js";
import { createStrip, showLegend } from "./view/strip.js";
import { toScreen } from "./view/zoom.js";

const NEAR = 9; // CSS pixels
const TICK_MS = 100;

export function createScreen(root, app) {
  const closing = new AbortController();
  const screen = createParts(root, app, closing.signal);
  const releaseLinks = holdLinks(screen);
  const takeFocus = takeLostFocus(screen);
  const stopConnection = keepConnected(app, closing.signal);
  watchPeople(app, closing.signal, screen.status.showPeople, screen.drawing.isDrawing);
  const ticking = setInterval(() => {
    screen.status.showSaveState();
    releaseLinks();
    takeFocus();
  }, TICK_MS);
  const fit = () => {
    fitPage(root, app.second !== null);
    screen.stage.resize();
    screen.moved(true);
    screen.planes.resize();
    screen.planes.drawSoon();
  };
  const watching = new ResizeObserver(fit);
  watching.observe(screen.find(".stage"));
  watching.observe(root);
  window.addEventListener("resize", fit, { signal: closing.signal });
  const stopWatching = watchAbove(fit);
  keepDrawn(root, closing.signal, () => drawAgain(screen));
  showFirst(screen);
  fit();
  return {
    show: screen.show,
    /** Pixels of a slice arrived. */
    showPixels(slice) {
      if (slice !== app.slice) return;
      screen.redraw({ image: true, masks: true });
      screen.showFigures();
      screen.status.showValue();
    },
    /** The server described the second series, or pixels of it arrived. */
    showSecond() {
      if (screen.second.update()) fit();
      screen.second.draw();
      screen.redraw({ masks: true });
    },
    showPlane(axis, plane) {
      screen.planes.set(axis, plane);
      screen.planes.drawSoon(0);
    },
    showSurfaces: () => screen.planes.paintLarge(),
    /** A message of the server was taken in. */
    showMessage: (answered, changed) => takeInMessage(screen, answered, changed),
    close() {
      screen.drawing.settle();
      closing.abort();
      clearInterval(ticking);
      screen.planes.close();
      watching.disconnect();
      stopWatching();
      stopConnection();
    },
  };
}

function createParts(root, app, signal) {
  const find = (selector) => root.querySelector(selector);
  const colors = (number) => app.info.segments.find((one) => one.number === number)?.color ?? [255, 255, 255];
  const screen = {
    app,
    root,
    find,
    signal,
    shape: app.info.shape.slice(1),
    spacing: app.info.spacing.slice(1),
    pointer: { cursor: null, pointed: null, alt: false, space: false, isKeyboard: () => false },
    greys: null,
    reviewing: null,
    note: "",
    colorOf: (number) => `rgb(${colors(number).join()})`,
  };
  const before = app.view === null ? null : { view: app.view, screen: app.screen };
  screen.stage = createStage(find(".stage"), screen.shape, screen.spacing, app.opacity, before);
  screen.redraw = createRepaint(screen);
  Object.assign(screen, createNavigation(screen), createSettings(screen));
  Object.assign(screen, createActions(screen), createSegmentActions(screen));
  screen.status = createStatus(screen, screen.resolve);
  const sweep = app.review === null ? null : (range) => screen.reviewing.sweep(range);
  screen.strip = createStrip(find(".strip"), app.info.shape[0], app.states, screen.goTo, sweep);
  screen.panel = createPanel(root, app, screen.act);
  if (app.review !== null) screen.reviewing = createReviewing(screen);
  screen.planes = createPlanePair(screen);
  screen.showFigures = createFigures(screen);
  screen.drawing = createDrawing(app, drawingCallbacks(screen, colors));
  const pointerActions = createPointerActions(screen);
  screen.second = createSecondView(find(".second"), app, signal, {
    setView(view) {
      screen.stage.setView(view);
      screen.moved();
    },
    turn: pointerActions.turn,
    size: pointerActions.size,
    point(place) {
      screen.pointer.pointed = place;
      screen.redraw({ pointer: true });
    },
  });
  const keyboardCursor = createKeyboardCursor(screen, pointerActions);
  screen.pointer.isKeyboard = keyboardCursor.isActive;
  screen.pointer.dropKeyboard = keyboardCursor.drop;
  listenToPointer(find(".stage"), signal, pointerActions);
  listenToKeys(screen, keyboardCursor);
  listenToControls(screen);
  return screen;
}

function drawingCallbacks(screen, colors) {
  const { app, stage, spacing } = screen;
  return {
    painted(mask, area) {
      stage.touchMask(app.segment, mask, colors(app.segment), area);
      screen.redraw({ masks: area });
    },
    changed(message) {
      if (message !== null) screen.sendNow();
      screen.refresh();
    },
    isNear(one, other) {
      const [start, end] = [one, other].map((place) => toScreen(stage.view(), spacing, place));
      return Math.hypot(start.x - end.x, start.y - end.y) <= NEAR;
    },
    refuses: () => screen.refusesDrawing(),
    metLocked: () => screen.sayLocked(),
    setCross: (cross) => screen.setCross(cross),
    reach: () => NEAR / (stage.view().scale * Math.max(...spacing)),
    repaint: () => screen.redraw({ pointer: true }),
  };
}

/** Draws everything from what the tab knows. */
function drawAgain(screen) {
  screen.stage.renew();
  screen.second.draw();
  screen.planes.renew();
  screen.refresh();
  screen.redraw({ image: true, masks: true, pointer: true });
  screen.planes.drawSoon(0);
}

/** Shows what does not depend on the server's next message. */
function showFirst(screen) {
  const { app, root } = screen;
  ["left", "right", "top", "bottom"].forEach((side, place) => {
    for (const letter of root.querySelectorAll(`.letter.${side}`)) letter.textContent = app.info.letters[place];
  });
  showLegend(root, app.states);
  screen.setStyle({});
  screen.setWindow(app.window);
  screen.status.showPlace();
  screen.strip.mark(app.slice);
  screen.panel.showOptions();
  screen.refresh();
  for (const [axis, plane] of Object.entries(app.planes)) {
    if (plane !== null) screen.planes.set(axis, plane);
  }
  screen.planes.enlarge(app.large);
}
