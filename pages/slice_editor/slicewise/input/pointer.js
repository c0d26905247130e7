// Mouse, pen and fingers on the slice. A pen goes before fingers: a hand that rests on the screen
// neither draws, nor disturbs a pen that does.

export const PEN_ERASER = 5; // button of a pen that is turned round
const FINGERS_APART = 24; // CSS pixels a notch of a touchpad's wheel moves before a slice turns

/**
 * @param {HTMLElement} stage
 * @param {AbortSignal} signal Ends all listening.
 * @param {object} acts `start(at, event)` returns whether drawing began, `draw(places)`, `stop()`,
 *   `cancel()`, `hover(at, event)`, `leave()`, `window(dx, dy)`, `pan(dx, dy)`, `zoom(factor, at)`,
 *   `turn(steps)`, `size(steps)`, `isSpace()`.
 */
export function listenToPointer(stage, signal, acts) {
  const options = { signal };
  const fingers = new Map(); // pointer id -> place, of touches
  let mode = null; // "draw", "window", "pan", "fingers"
  let pointer = null;
  let holder = ""; // kind of the pointer that a mode belongs to
  let last = null;
  let penSeen = false;
  let wheel = 0;

  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.closest?.(".notice")) return;
    if (event.pointerType === "pen") {
      penSeen = true;
      if (holder === "touch") dropFingers();
    }
    if (event.pointerType === "touch") {
      if (holder !== "" && holder !== "touch") return;
      fingers.set(event.pointerId, at(event));
      if (fingers.size === 2) {
        // The first finger was not meant to draw.
        if (mode === "draw") acts.cancel();
        take("fingers", "touch");
        return;
      }
      if (mode === "fingers") return;
    }
    if (mode !== null) return;
    stage.focus({ preventScroll: true });
    pointer = event.pointerId;
    last = at(event);
    stage.setPointerCapture(pointer);
    take(modeOf(event), event.pointerType);
    if (event.button === 1) event.preventDefault();
  }, options);

  function modeOf(event) {
    if (event.button === 2) return "window";
    if (event.button === 1 || (event.button === 0 && acts.isSpace())) return "pan";
    if (event.pointerType === "touch" && penSeen) return "pan";
    const draws = event.button === 0 || event.button === PEN_ERASER;
    return draws && acts.start(last, event) ? "draw" : null;
  }

  function take(wanted, kind) {
    mode = wanted;
    holder = wanted === null ? "" : kind;
    stage.classList.toggle("moving", mode === "pan" || mode === "window");
  }

  function dropFingers() {
    if (mode === "draw") acts.cancel();
    fingers.clear();
    take(null);
  }

  stage.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (event.pointerType === "touch") {
      if (!fingers.has(event.pointerId)) return;
      if (mode === "fingers" && fingers.size === 2) moveFingers(event.pointerId, place);
      fingers.set(event.pointerId, place);
    }
    if (event.pointerId === pointer && mode !== "fingers") {
      if (mode === "draw") {
        const all = event.getCoalescedEvents?.() ?? [];
        acts.draw((all.length > 0 ? all : [event]).map(at));
      } else if (mode === "window") acts.window(place.x - last.x, place.y - last.y);
      else if (mode === "pan") acts.pan(place.x - last.x, place.y - last.y);
      last = place;
    }
    acts.hover(place, event);
  }, options);

  function moveFingers(moved, place) {
    const [other] = [...fingers].filter(([id]) => id !== moved).map(([, where]) => where);
    const before = fingers.get(moved);
    const apart = (one) => Math.max(FINGERS_APART, Math.hypot(one.x - other.x, one.y - other.y));
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    acts.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
    acts.zoom(apart(place) / apart(before), middle);
  }

  function release(event) {
    fingers.delete(event.pointerId);
    if (mode === "fingers") {
      if (fingers.size === 0) take(null);
      return;
    }
    if (event.pointerId !== pointer || mode === null) return;
    if (mode === "draw") {
      if (event.type === "pointercancel") acts.cancel();
      else acts.stop();
    }
    take(null);
    pointer = null;
  }
  stage.addEventListener("pointerup", release, options);
  stage.addEventListener("pointercancel", release, options);
  stage.addEventListener("pointerleave", () => acts.leave(), options);
  stage.addEventListener("contextmenu", (event) => event.preventDefault(), options);

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    // Shift turns a vertical wheel into a horizontal one in some browsers.
    const delta = (event.deltaY || event.deltaX) * (event.deltaMode === 1 ? 40 : 1);
    if (event.ctrlKey || event.metaKey) {
      acts.zoom(Math.exp(-delta / 400), at(event));
      return;
    }
    if (Math.sign(delta) !== Math.sign(wheel)) wheel = 0;
    wheel += delta;
    if (Math.abs(wheel) < FINGERS_APART) return;
    const way = Math.sign(wheel);
    wheel = 0;
    if (event.shiftKey) acts.size(-way);
    else if (mode === null) acts.turn(way);
  }, { ...options, passive: false });
}
