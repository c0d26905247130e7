// Drawing without a mouse: Shift + arrows move the cursor, Enter puts the tool down and lifts it.

import { toolOf } from "../tools/index.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELD = 6; // image pixels that a key held down moves the cursor at a time
const PANNED = 40; // CSS pixels

/**
 * @param {object} screen See screen.js.
 * @param {object} pointerActions `start(at, event)`, `draw(places)`, `stop()`, `pan(dx, dy)` and
 *   `setCursor(place)`, as for the pointer.
 */
export function createKeyboardCursor(screen, pointerActions) {
  const { app, stage, spacing, pointer, drawing } = screen;
  let active = false; // the cursor is where keys have put it
  let moved = false; // since Enter was pressed

  function move([x, y], isHeld) {
    const { width, height } = stage.screen;
    const [high, wide] = spacing.map((one) => one * stage.view().scale);
    const from = pointer.cursor ?? { x: width / 2, y: height / 2 };
    const pixels = isHeld ? HELD : 1;
    const clip = (value, most) => Math.min(Math.max(value, 0), most);
    const place = { x: clip(from.x + x * wide * pixels, width), y: clip(from.y + y * high * pixels, height) };
    [active, moved] = [true, true];
    if (drawing.isDown()) pointerActions.draw([place]);
    pointerActions.setCursor(place);
  }

  function press(event) {
    if (drawing.isDown()) pointerActions.stop();
    else if (drawing.isOpen() && !moved) drawing.close();
    else if (active) {
      pointerActions.start(pointer.cursor, event);
      if (toolOf(app.tool).isClick) pointerActions.stop();
    } else return false;
    moved = false;
    return true;
  }

  return {
    /** Whether the cursor is where keys have put it. */
    isActive: () => active,
    /** The pointer has taken the cursor over. */
    drop() {
      [active, moved] = [false, false];
    },
    /** Does what a key press means here, if anything; returns whether it did. */
    take(event) {
      const way = WAYS[event.key];
      if (event.altKey || event.metaKey) return false;
      if (way !== undefined && event.shiftKey) move(way, event.repeat);
      else if (way !== undefined && event.ctrlKey) pointerActions.pan(-way[0] * PANNED, -way[1] * PANNED);
      else if (event.key === "Enter") return press(event);
      else return false;
      return true;
    },
  };
}
