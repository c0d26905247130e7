// Mouse, pen and fingers on the slice. A pen goes before fingers: a hand that rests on the screen
// neither draws, nor disturbs a pen that does.

export const PEN_ERASER = 5; // button of a pen that is turned round
const FINGERS_APART = 24; // CSS pixels between two fingers below which zooming would be erratic
const NOTCH = 24; // CSS pixels that a wheel or touchpad moves before a slice turns
const LINE_HEIGHT = 40; // CSS pixels of a line that a wheel moves
const ZOOM_PER_PIXEL = 1 / 400; // of the wheel, as a logarithm

/**
 * @param {HTMLElement} stage
 * @param {AbortSignal} signal Ends all listening.
 * @param {object} acts `start(at, event)` returns whether drawing began, `draw(places)`, `stop()`,
 *   `cancel()`, `hover(at, event)`, `leave()`, `window(dx, dy)`, `pan(dx, dy)`, `zoom(factor, at)`,
 *   `turn(steps)`, `size(steps)`, `isSpace()`.
 */
export function listenToPointer(stage, signal, acts) {
  const options = { signal };
  const state = {
    stage,
    acts,
    fingers: new Map(), // pointer id -> place, of touches
    mode: null, // "draw", "window", "pan", "fingers"
    pointer: null,
    holder: "", // kind of the pointer that a mode belongs to
    last: null,
    penSeen: false,
    wheel: { turned: 0 },
  };
  stage.addEventListener("pointerdown", (event) => press(state, event), options);
  stage.addEventListener("pointermove", (event) => move(state, event), options);
  stage.addEventListener("pointerup", (event) => release(state, event), options);
  stage.addEventListener("pointercancel", (event) => release(state, event), options);
  stage.addEventListener("pointerleave", () => acts.leave(), options);
  stage.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  stage.addEventListener("wheel", (event) => turnWheel(state, event), { ...options, passive: false });
}

function placeOf({ stage }, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function press(state, event) {
  if (event.target.closest?.(".notice")) return;
  if (event.pointerType === "pen") {
    state.penSeen = true;
    if (state.holder === "touch") dropFingers(state);
  }
  if (event.pointerType === "touch" && !takeFinger(state, event)) return;
  if (state.mode !== null) return;
  state.stage.focus({ preventScroll: true });
  state.pointer = event.pointerId;
  state.last = placeOf(state, event);
  state.stage.setPointerCapture(state.pointer);
  take(state, modeOf(state, event), event.pointerType);
  if (event.button === 1) event.preventDefault();
}

/** Whether a finger that comes down may begin something by itself. */
function takeFinger(state, event) {
  if (state.holder !== "" && state.holder !== "touch") return false;
  state.fingers.set(event.pointerId, placeOf(state, event));
  if (state.fingers.size === 2) {
    // The first finger was not meant to draw.
    if (state.mode === "draw") state.acts.cancel();
    take(state, "fingers", "touch");
    return false;
  }
  return state.mode !== "fingers";
}

function modeOf({ acts, penSeen, last }, event) {
  if (event.button === 2) return "window";
  if (event.button === 1 || (event.button === 0 && acts.isSpace())) return "pan";
  if (event.pointerType === "touch" && penSeen) return "pan";
  const draws = event.button === 0 || event.button === PEN_ERASER;
  return draws && acts.start(last, event) ? "draw" : null;
}

function take(state, mode, kind) {
  state.mode = mode;
  state.holder = mode === null ? "" : kind;
  state.stage.classList.toggle("moving", mode === "pan" || mode === "window");
}

function dropFingers(state) {
  if (state.mode === "draw") state.acts.cancel();
  state.fingers.clear();
  take(state, null);
}

function move(state, event) {
  const { acts, fingers, mode } = state;
  const place = placeOf(state, event);
  if (event.pointerType === "touch") {
    if (!fingers.has(event.pointerId)) return;
    if (mode === "fingers" && fingers.size === 2) moveFingers(state, event.pointerId, place);
    fingers.set(event.pointerId, place);
  }
  if (event.pointerId === state.pointer && mode !== "fingers") {
    const [dx, dy] = [place.x - state.last.x, place.y - state.last.y];
    if (mode === "draw") {
      const all = event.getCoalescedEvents?.() ?? [];
      acts.draw((all.length > 0 ? all : [event]).map((one) => placeOf(state, one)));
    } else if (mode === "window") acts.window(dx, dy);
    else if (mode === "pan") acts.pan(dx, dy);
    state.last = place;
  }
  acts.hover(place, event);
}

function moveFingers({ acts, fingers }, moved, place) {
  const [other] = [...fingers].filter(([id]) => id !== moved).map(([, where]) => where);
  const before = fingers.get(moved);
  const apart = (one) => Math.max(FINGERS_APART, Math.hypot(one.x - other.x, one.y - other.y));
  const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
  acts.pan((place.x - before.x) / 2, (place.y - before.y) / 2);
  acts.zoom(apart(place) / apart(before), middle);
}

function release(state, event) {
  const { acts, fingers } = state;
  fingers.delete(event.pointerId);
  if (state.mode === "fingers") {
    if (fingers.size === 0) take(state, null);
    return;
  }
  if (event.pointerId !== state.pointer || state.mode === null) return;
  if (state.mode === "draw") {
    if (event.type === "pointercancel") acts.cancel();
    else acts.stop();
  }
  take(state, null);
  state.pointer = null;
}

function turnWheel(state, event) {
  const { acts } = state;
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) {
    acts.zoom(Math.exp(-wheelPixels(event) * ZOOM_PER_PIXEL), placeOf(state, event));
    return;
  }
  const way = wheelStep(state.wheel, event);
  if (way === 0) return;
  if (event.shiftKey) acts.size(-way);
  else if (state.mode === null) acts.turn(way);
}

// Shift turns a vertical wheel into a horizontal one in some browsers.
const wheelPixels = (event) => (event.deltaY || event.deltaX) * (event.deltaMode === 1 ? LINE_HEIGHT : 1);

/** Adds a turn of the wheel to `wheel.turned`; the way of a step (1 or -1) once it is one, else 0. */
export function wheelStep(wheel, event) {
  const delta = wheelPixels(event);
  if (Math.sign(delta) !== Math.sign(wheel.turned)) wheel.turned = 0;
  wheel.turned += delta;
  if (Math.abs(wheel.turned) < NOTCH) return 0;
  const way = Math.sign(wheel.turned);
  wheel.turned = 0;
  return way;
}
