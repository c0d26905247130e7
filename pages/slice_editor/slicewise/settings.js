// How slices and masks are shown, and what the tools are set to.

import { keepPreferences, sendSoon } from "./model/app.js";
import { toolOf } from "./tools/index.js";
import { brushSizes, nearestSize } from "./tools/sizes.js";
import { greyTable } from "./view/windowing.js";

const REMEMBERED_AFTER_MS = 500; // for the next visit; nothing waits for it

/**
 * @param {object} screen See screen.js.
 */
export function createSettings(screen) {
  const { app, find } = screen;
  const sizes = brushSizes(app.info.spacing, app.info.shape);
  return {
    setWindow(window) {
      app.window = window;
      screen.greys = greyTable(window, app.info);
      screen.status.showWindow();
      screen.redraw({ image: true });
      screen.planes.drawSoon();
      sendSoon(app, REMEMBERED_AFTER_MS);
    },
    /** Changes `opacity` or `filled` of the masks. */
    setStyle(style) {
      Object.assign(app.style, style);
      find(".opacity").value = Math.round(app.style.opacity * 100);
      find(".filled").checked = app.style.filled;
      keepPreferences(app);
      screen.redraw({ masks: true });
      screen.planes.drawSoon();
    },
    /** Hides the masks while a key is held down. */
    hideMasks(hidden) {
      if (app.style.hidden === hidden) return;
      app.style.hidden = hidden;
      screen.redraw({ masks: true });
    },
    /** Sets the diameter of the brush in mm. */
    setSize(size) {
      app.size = size;
      screen.redraw({ pointer: true });
    },
    /** Makes the brush larger by some steps, or smaller. */
    resizeBrush(steps) {
      const wanted = nearestSize(sizes, app.size) + steps;
      app.size = sizes[Math.min(Math.max(wanted, 0), sizes.length - 1)];
      screen.panel.showOptions();
      screen.redraw({ pointer: true });
    },
    /** Whether brush and eraser are spheres, which reach the neighbouring slices. */
    setSphere(isSphere) {
      app.sphere = isSphere;
      screen.panel.showOptions();
    },
    chooseTool(id) {
      if (app.info.readOnly && !toolOf(id).isViewOnly) {
        screen.refusesDrawing();
        return;
      }
      screen.drawing.settle();
      app.tool = id;
      app.erase = false;
      screen.panel.update();
      screen.panel.showOptions();
      screen.refresh();
      sendSoon(app, REMEMBERED_AFTER_MS);
    },
  };
}
