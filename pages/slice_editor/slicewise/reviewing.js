// What the keys and buttons of the review do: decide, and show the next proposal at once.

import { createReviewPanel } from "./view/review_panel.js";

const EDITS_WITH = "brush";
const LOOKS_WITH = "crosshair"; // so that no click draws by accident

/**
 * @param {object} screen See screen.js.
 * @returns {{actions: object, update: Function, sweep: Function, hasRange: Function}} `actions` by the
 *   ids in input/keys.js; `sweep(range)` takes slices that were swept over, null for none.
 */
export function createReviewing(screen) {
  const { app } = screen;
  const panel = createReviewPanel(screen);
  app.toolBefore ??= app.tool;
  app.tool = LOOKS_WITH;

  function goOn() {
    app.review.range = null;
    const found = app.review.next([app.segment, app.slice]);
    if (app.tool !== LOOKS_WITH) screen.chooseTool(LOOKS_WITH);
    if (found !== null) screen.show(...found);
    screen.refresh();
  }

  function decide(slices, kind, reason = "") {
    screen.drawing.settle();
    if (screen.refusesDrawing()) return;
    const waiting = slices.filter((slice) => app.review.isWaiting(app.segment, slice));
    if (waiting.length === 0) {
      screen.note = "There is no proposal to decide about here.";
      screen.status.showNotice();
      return;
    }
    const { annotation, segment } = app;
    const sent = kind === "absent" ? annotation.declareAbsent(segment, app.slice) : annotation.decide(segment, waiting, kind, reason);
    if (sent === null) return;
    screen.sendNow();
    goOn();
  }

  function accept() {
    const { state } = app.annotation.shown(app.segment, app.slice);
    // What was corrected is confirmed already.
    if (app.states[state].isExample) goOn();
    else decide([app.slice], "accept");
  }

  const actions = {
    "review-accept": accept,
    "review-reject": () => decide([app.slice], "reject"),
    "review-reason": () => panel.askReason((reason) => decide([app.slice], "reject", reason)),
    "review-absent": () => decide([app.slice], "absent"),
    "review-edit": () => screen.chooseTool(app.tool === EDITS_WITH ? "eraser" : EDITS_WITH),
    "review-next": goOn,
    "review-back"() {
      const found = app.review.back();
      if (found !== null) screen.show(...found);
    },
    "review-range"() {
      const { range } = app.review;
      if (range !== null) decide(app.review.inRange(app.segment, range), "accept");
    },
    "review-all": () => decide(app.review.left(app.segment).map(([, slice]) => slice), "accept"),
    "review-only"() {
      app.review.onlySegment = !app.review.onlySegment;
      screen.refresh();
    },
    "review-compare"() {
      app.review.compares = !app.review.compares;
      screen.sendNow();
      screen.refresh();
    },
  };

  function sweep(range) {
    app.review.range = range;
    panel.update();
    screen.strip.sweep(range);
    // So that keys go on working: Enter would press the tick that the pointer came down on.
    screen.find(".stage").focus({ preventScroll: true });
  }

  return {
    actions,
    sweep,
    hasRange: () => app.review.range !== null,
    update() {
      panel.update();
      screen.strip.sweep(app.review.range);
    },
  };
}
