// What changes on the canvases is collected and drawn at most once a frame.

import { drawOverlay } from "./overlay.js";
import { around } from "./layers.js";
import { PREVIEW_COLOR, PREVIOUS_COLOR } from "./stage.js";

/**
 * @param {object} screen See screen.js.
 * @returns {(what: object) => void} Asks for drawing: `image`, `place`, `pointer` true; `masks` true
 *   or the rectangle of image pixels that changed.
 */
export function createRepaint(screen) {
  const { app, root, stage } = screen;
  let due = null;

  function paintFrame() {
    const wanted = due;
    due = null;
    if (screen.signal.aborted) return;
    const { second } = screen;
    if (wanted.image) stage.drawImage(app.pixels.get(app.slice), screen.greys);
    else if (wanted.place) stage.placeImage();
    if (wanted.image) second.draw();
    if (wanted.masks === true) second.drawMasks(codesHere(app), shownMasks(), app.style);
    if (wanted.masks) stage.drawMasks(shownMasks(), app.style, wanted.masks === true ? null : wanted.masks);
    if (wanted.pointer || wanted.masks) drawOverlay(screen);
    screen.planes.paintLarge();
    if (wanted.image || wanted.masks === true) {
      root.dataset.slice = app.slice + 1;
      root.dataset.ready = String(app.pixels.has(app.slice) && !app.annotation.isWaiting());
    }
  }

  /** Masks in the order in which they are drawn: the segment being worked on comes last. */
  function shownMasks() {
    const segments = app.info.segments
      .filter(({ number }) => app.display.isShown(number))
      .map(({ number, color }) => ({
        segment: number,
        color,
        state: stateOf(number),
        active: number === app.segment,
        share: app.display.opacityOf(number),
      }))
      .sort((one, other) => one.active - other.active);
    const previous = { segment: app.previousSegment, color: PREVIOUS_COLOR, preview: true };
    return [...segments, previous, { segment: app.previewSegment, color: PREVIEW_COLOR, preview: true }];
  }

  function stateOf(number) {
    const isBeingDrawn = screen.drawing.isDrawing() && number === app.segment;
    return isBeingDrawn ? "drawn" : app.annotation.shown(number, app.slice).state;
  }

  return (what) => {
    if (due === null) {
      due = {};
      requestAnimationFrame(paintFrame);
    }
    for (const [name, value] of Object.entries(what)) {
      const before = due[name] ?? value;
      due[name] = before === true || value === true ? true : around(before, value);
    }
  };
}

function codesHere(app) {
  return app.info.segments.map(({ number, color }) => ({
    segment: number,
    color,
    code: app.annotation.shown(number, app.slice).code,
  }));
}
