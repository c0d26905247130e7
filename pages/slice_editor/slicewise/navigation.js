// Which slice, segment and place the person looks at, and showing it.

import { nameSliceInAddress } from "./address.js";
import { send, sendSoon } from "./model/app.js";
import { hasSecond } from "./model/second_series.js";
import { PREVIEW_COLOR, PREVIOUS_COLOR } from "./view/stage.js";

const SENT_AFTER_MS = 200; // of rest, before the server learns which slice is looked at
const CROSS_AFTER_MS = 40; // while the cross-hair is dragged, one request stands for many places
const PLANES_AFTER_MS = 200;

/**
 * @param {object} screen See screen.js.
 */
export function createNavigation(screen) {
  const { app, stage } = screen;
  const [slices] = app.info.shape;

  /** Shows masks and states as they are now. */
  function refresh() {
    setMasks(screen);
    const ends = app.annotation.ends(app.segment);
    for (let slice = 0; slice < slices; slice++) {
      const jump = app.review?.jumpOf(app.segment, slice) ?? "";
      screen.strip.set(slice, app.annotation.shown(app.segment, slice), ends, jump, app.comments.includes(slice));
    }
    screen.reviewing?.update();
    screen.panel.update();
    screen.panel.showSegments((segment) => ({
      ...countStates(app, segment),
      ends: app.annotation.ends(segment),
    }));
    screen.showFigures();
    screen.status.showPlace();
    screen.status.nameSlice();
    screen.status.showSaveState();
    screen.status.showNotice();
    screen.redraw({ masks: true });
    screen.planes.drawSoon(PLANES_AFTER_MS);
  }

  function goTo(slice) {
    const wanted = Math.min(Math.max(slice, 0), slices - 1);
    if (wanted === app.slice) return;
    screen.drawing.settle();
    app.slice = wanted;
    nameSliceInAddress(wanted);
    app.lengths = [];
    screen.note = "";
    setMasks(screen);
    if (app.review !== null) app.review.range = null;
    screen.reviewing?.update();
    screen.strip.mark(wanted);
    screen.panel.update();
    screen.showFigures();
    screen.status.showPlace();
    screen.status.nameSlice();
    screen.status.showNotice();
    screen.redraw({ image: true, masks: true, pointer: true });
    screen.planes.drawSoon();
    // The slice shown is asked for at once, its neighbours once the person stays.
    if (app.pixels.has(wanted) && hasSecond(app.second, wanted)) sendSoon(app, SENT_AFTER_MS);
    else send(app);
  }

  function choose(segment) {
    if (segment === undefined || segment === app.segment) return;
    screen.drawing.settle();
    app.segment = segment;
    app.display.follow(segment);
    refresh();
    send(app);
  }

  return {
    refresh,
    goTo,
    /** Chooses a segment by its number. */
    choose,
    show(segment, slice) {
      if (app.info.segments.some((one) => one.number === segment)) choose(segment);
      goTo(slice);
    },
    /** Moves the place that the planes go through, [row, column]. */
    setCross(cross) {
      app.cross = cross;
      screen.redraw({ pointer: true });
      screen.planes.drawSoon();
      sendSoon(app, CROSS_AFTER_MS);
    },
    /** The slice lies elsewhere on the screen. */
    moved(resized = false) {
      app.view = stage.view();
      app.screen = { ...stage.screen };
      screen.second.follow(app.view, app.screen, resized);
      screen.status.showScale();
      screen.redraw({ place: true, masks: true, pointer: true });
    },
    sendNow() {
      screen.note = "";
      send(app);
    },
  };
}

function setMasks({ app, stage }) {
  for (const { number, color } of app.info.segments) {
    stage.setMask(number, app.annotation.shown(number, app.slice).code, color);
  }
  const { previewSegment, previousSegment } = app;
  const previous = app.review?.compares ? app.annotation.shown(previousSegment, app.slice).code : app.annotation.empty;
  stage.setMask(previousSegment, previous, PREVIOUS_COLOR);
  stage.setMask(previewSegment, app.annotation.shown(previewSegment, app.slice).code, PREVIEW_COLOR);
}

/** How many slices of a segment are examples, and how many are proposed. */
export function countStates({ annotation, states, info }, segment) {
  let [done, proposed] = [0, 0];
  for (let slice = 0; slice < info.shape[0]; slice++) {
    const { state } = annotation.shown(segment, slice);
    if (states[state].isExample) done += 1;
    else if (state === "proposed") proposed += 1;
  }
  return { done, proposed };
}
