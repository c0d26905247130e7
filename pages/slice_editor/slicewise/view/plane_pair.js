// The two planes across the slices, drawn a moment after something changed.

import { isEmptyCode } from "../masks/run_length.js";
import { createPlane } from "./planes.js";

const SOON_MS = 60;

/**
 * @param {object} screen See screen.js.
 */
export function createPlanePair(screen) {
  const { app } = screen;
  const { shape, spacing, letters, normal } = app.info;
  const [slices] = shape;
  const firstAtBottom = normal[0].startsWith("F");
  const acrossSlices = firstAtBottom ? normal.toReversed() : normal;
  let timer = null;

  const planeOf = (axis) =>
    createPlane(screen.find(`.plane[data-axis="${axis}"]`), {
      axis,
      shape,
      spacing,
      firstAtBottom,
      letters: [...(axis === "row" ? letters.slice(0, 2) : letters.slice(2)), ...acrossSlices],
      jump(slice, along) {
        screen.setCross(axis === "row" ? [app.cross[0], along] : [along, app.cross[1]]);
        screen.goTo(slice);
      },
    });
  const planes = { row: planeOf("row"), column: planeOf("column") };

  function draw() {
    clearTimeout(timer);
    timer = null;
    if (screen.signal.aborted) return;
    const masks = [];
    for (const { number, color } of app.info.segments) {
      for (let slice = 0; slice < slices; slice++) {
        const { code } = app.annotation.shown(number, slice);
        if (!isEmptyCode(code)) masks.push({ slice, code, color });
      }
    }
    const opacity = app.style.hidden ? 0 : app.style.opacity;
    planes.row.draw(screen.greys, masks, opacity, app.slice, app.cross[1]);
    planes.column.draw(screen.greys, masks, opacity, app.slice, app.cross[0]);
  }

  return {
    drawSoon: (milliseconds = SOON_MS) => (timer ??= setTimeout(draw, milliseconds)),
    /** Takes in the pixels of a plane. */
    set(axis, { numbers, index }) {
      planes[axis].set(numbers, index);
    },
    close: () => clearTimeout(timer),
  };
}
