// The two planes across the slices: small ones beside the slice, drawn a moment after something
// changed, and one of them in the large place.
//
// `app.large` names what lies there: null for the slice, "row" or "column" for a plane, "surfaces"
// for all segments in three dimensions.

import { isEmptyCode } from "../masks/run_length.js";
import { createLargePlane } from "./large_plane.js";
import { createPlaneGrid } from "./plane_grid.js";
import { createPlane } from "./planes.js";
import { createSurfaceView } from "./surface_view.js";

const SOON_MS = 60;
const AXES = ["row", "column"];
const IN_TURN = [null, ...AXES];

/**
 * @param {object} screen See screen.js.
 */
export function createPlanePair(screen) {
  const { app, find, signal } = screen;
  const [slices] = app.info.shape;
  const grids = Object.fromEntries(AXES.map((axis) => [axis, createPlaneGrid(app.info, axis)]));
  let timer = null;

  function jump(axis, slice, along) {
    screen.setCross(axis === "row" ? [app.cross[0], along] : [along, app.cross[1]]);
    screen.goTo(slice);
    large.paintSoon();
  }

  /** Moves a plane by some rows or columns. */
  function turn(axis, steps) {
    const at = axis === "row" ? 0 : 1;
    const wanted = Math.min(Math.max(app.cross[at] + steps, 0), grids[axis].across - 1);
    screen.setCross(app.cross.with(at, wanted));
    large.paintSoon();
  }

  const planes = Object.fromEntries(AXES.map((axis) => {
    const acts = { jump: (slice, along) => jump(axis, slice, along), turn: (steps) => turn(axis, steps) };
    return [axis, createPlane(find(`.plane[data-axis="${axis}"]`), grids[axis], signal, acts)];
  }));
  const large = createLargePlane(screen, grids, { jump, turn });
  const surfaces = createSurfaceView(screen);
  const areSurfaces = () => app.large === "surfaces";
  for (const axis of AXES) {
    const { name } = grids[axis];
    find(`.plane[data-axis="${axis}"]`).setAttribute("aria-label", `${name} plane; click to go to that place`);
    const button = find(`[data-do="large-${axis}"]`);
    button.title = `${name} plane in the large view (U)`;
    button.setAttribute("aria-label", button.title);
  }

  function draw() {
    clearTimeout(timer);
    timer = null;
    if (signal.aborted) return;
    const masks = [];
    for (const { number, color } of app.info.segments.filter((one) => app.display.isShown(one.number))) {
      for (let slice = 0; slice < slices; slice++) {
        const { code } = app.annotation.shown(number, slice);
        if (!isEmptyCode(code)) masks.push({ slice, code, color });
      }
    }
    const opacity = app.style.hidden ? 0 : app.style.opacity;
    planes.row.draw(screen.greys, masks, opacity, app.slice, app.cross[1]);
    planes.column.draw(screen.greys, masks, opacity, app.slice, app.cross[0]);
  }

  /** Shows something in the large place; null shows the slice. */
  function enlarge(what) {
    screen.drawing.settle();
    app.large = what;
    large.show(what);
    surfaces.show(areSurfaces());
  }

  return {
    drawSoon: (milliseconds = SOON_MS) => (timer ??= setTimeout(draw, milliseconds)),
    /** Draws what lies in the large place again. */
    paintLarge() {
      large.paintSoon();
      surfaces.paint();
    },
    /** Takes in the pixels of a plane. */
    set(axis, { numbers, index }) {
      planes[axis].set(numbers, index);
      large.paintSoon();
    },
    enlarge,
    /** Slice, plane along the rows, and plane along the columns, in turn. */
    enlargeNext: () => enlarge(IN_TURN[(IN_TURN.indexOf(app.large) + 1) % IN_TURN.length]),
    /** All segments in three dimensions, or the slice again. */
    enlargeSurfaces: () => enlarge(areSurfaces() ? null : "surfaces"),
    isLarge: () => app.large !== null,
    fit: () => (areSurfaces() ? surfaces : large).fit(),
    zoom(factor) {
      if (!areSurfaces()) large.zoom(factor);
    },
    resize() {
      large.resize();
      surfaces.resize();
    },
    renew: large.renew,
    close: () => clearTimeout(timer),
  };
}
