// What mouse, pen and fingers do on the slice, as listenToPointer asks for it.

import { toolOf } from "../tools/index.js";
import { toImage } from "../view/zoom.js";
import { draggedWindow } from "../view/windowing.js";
import { PEN_ERASER } from "./pointer.js";

/**
 * @param {object} screen See screen.js.
 */
export function createPointerActions(screen) {
  const { app, stage, spacing, pointer, drawing } = screen;
  const onImage = (place) => toImage(stage.view(), spacing, place);

  function setCursor(place) {
    pointer.cursor = place;
    screen.status.showValue();
    screen.redraw({ pointer: true });
  }

  return {
    setCursor,
    isSpace: () => pointer.space,
    start(place, event) {
      pointer.cursor = place;
      const isViewOnly = toolOf(app.tool).isViewOnly ?? false;
      // A slice that has not come looks black: nobody can know what to draw on it.
      const isWaiting = !app.pixels.has(app.slice) || app.annotation.isWaiting() || app.annotation.problemOf(app.segment, app.slice) !== null;
      if (!isViewOnly && (isWaiting || screen.refusesDrawing())) return false;
      if (!isViewOnly) screen.note = "";
      const isEraser = event.button === PEN_ERASER && !isViewOnly;
      const isDown = drawing.begin(onImage(place), isEraser ? "eraser" : app.tool, event.altKey);
      if (isViewOnly) return isDown;
      screen.status.showSaveState();
      screen.redraw({ pointer: true });
      return true;
    },
    draw(places) {
      drawing.move(places.map(onImage));
      screen.redraw({ pointer: true });
    },
    stop() {
      drawing.end();
      screen.status.showSaveState();
      screen.redraw({ pointer: true });
    },
    cancel() {
      drawing.interrupt();
      screen.refresh();
    },
    hover(place, event) {
      pointer.dropKeyboard();
      pointer.alt = event.altKey;
      setCursor(place);
    },
    leave() {
      pointer.dropKeyboard();
      setCursor(null);
    },
    window(dx, dy) {
      screen.setWindow(draggedWindow(app.window, dx, dy));
    },
    pan(dx, dy) {
      const view = stage.view();
      stage.setView({ ...view, x: view.x + dx, y: view.y + dy });
      screen.moved();
    },
    zoom: screen.zoom,
    turn: (steps) => screen.goTo(app.slice + steps),
    size: screen.resizeBrush,
  };
}
