// Drawing without a mouse: Shift + arrows move the cursor, Enter puts the tool down and lifts it.

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HELD = 6; // image pixels that a key held down moves the cursor at a time
const PANNED = 40; // CSS pixels
const CLICKS = new Set(["polygon", "region", "crosshair"]);

/**
 * @param {object} acts `start(at, event)`, `draw(places)`, `stop()`, `pan(dx, dy)` as for the pointer;
 *   `tool()`, `isDrawing()`, `isOpen()`, `close()` of an open polygon; `screen()`, the size of the
 *   stage; `pixel()`, width and height of an image pixel on it; `cursor()`, its place or null; and
 *   `show(place)`.
 */
export function createSteering(acts) {
  let steered = false; // the cursor is where keys have put it
  let moved = false; // since Enter was pressed

  function move([x, y], isHeld) {
    const { width, height } = acts.screen();
    const [wide, high] = acts.pixel();
    const from = acts.cursor() ?? { x: width / 2, y: height / 2 };
    const pixels = isHeld ? HELD : 1;
    const clip = (value, most) => Math.min(Math.max(value, 0), most);
    const place = { x: clip(from.x + x * wide * pixels, width), y: clip(from.y + y * high * pixels, height) };
    [steered, moved] = [true, true];
    if (acts.isDrawing()) acts.draw([place]);
    acts.show(place);
  }

  function press(event) {
    if (acts.isDrawing()) acts.stop();
    else if (acts.isOpen() && !moved) acts.close();
    else if (steered) {
      acts.start(acts.cursor(), event);
      if (CLICKS.has(acts.tool())) acts.stop();
    } else return false;
    moved = false;
    return true;
  }

  return {
    /** Whether the cursor is where keys have put it. */
    isSteered: () => steered,
    /** The pointer has taken the cursor over. */
    drop() {
      [steered, moved] = [false, false];
    },
    /** Does what a key press means here, if anything; returns whether it did. */
    take(event) {
      const way = WAYS[event.key];
      if (event.altKey || event.metaKey) return false;
      if (way !== undefined && event.shiftKey) move(way, event.repeat);
      else if (way !== undefined && event.ctrlKey) acts.pan(-way[0] * PANNED, -way[1] * PANNED);
      else if (event.key === "Enter") return press(event);
      else return false;
      return true;
    },
  };
}
