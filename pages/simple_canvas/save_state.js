// Says whether everything drawn in this tab is on the server's disk, and keeps it from being lost.
//
// The drawing canvas tells the server about a stroke only some 200 ms after the pointer is lifted,
// so the server alone would go on saying "saved" meanwhile. This element counts the strokes where
// they are made and compares with what the server says it has stored for each canvas. A link to
// another page waits until they agree.

const LOST_AFTER_MS = 5000;
const WHEEL_PAUSE_MS = 120;
const TOOL_WAIT_MS = 5000;
const KEYS = { ArrowLeft: "previous-slice", ArrowRight: "next-slice" };
const MODIFIED_KEYS = { z: "leave-undo", y: "leave-redo" };
const SHOWN_BEFORE_HIDING_MS = 200;
// The canvas has its own undo and reset, which know nothing of the other slices: there is one undo,
// and it is on the page. Strokes that are stored are part of the picture behind the canvas.
const CANVAS_STYLE = `
  .dc-toolbar { display: none !important; }
  .slicewise-stored .dc-canvas.lower-canvas { opacity: 0; }
  .slicewise-waiting { pointer-events: none; cursor: progress; }
`;

// One for the whole tab: the module may be loaded again while listeners of its first copy live on.
const tab = (globalThis.slicewiseSaveState ??= {
  drawn: new Map(), // canvas key -> strokes made on it
  stored: new Map(), // canvas key -> strokes the server has stored
  stroke: null, // key of the canvas that a stroke is being made on
  canvas: null, // and the element itself
  pointer: "", // mouse, pen or touch
  lastStroke: 0, // time when the last stroke ended
  lastWheel: 0,
  tool: "",
  toolAsked: 0, // time when another tool was chosen that the canvas does not have yet
  problem: false,
  openPolygon: false,
  held: null, // link or button that waits until everything is saved
  roots: new Set(), // shadow roots of the canvases
  listening: false,
  show: () => {},
});

function canvasOf(event) {
  for (const node of event.composedPath()) {
    if (typeof node.className !== "string") continue;
    const match = /(?:^|\s)st-key-(canvas-\w+)/.exec(node.className);
    if (match) return match[1];
  }
  return null;
}

function unsaved() {
  if (tab.stroke !== null) return true;
  for (const [key, strokes] of tab.drawn) {
    if (strokes > (tab.stored.get(key) ?? 0)) return true;
  }
  return false;
}

function state() {
  if (tab.problem) return "problem";
  if (unsaved()) {
    const lost = tab.stroke === null && Date.now() - tab.lastStroke > LOST_AFTER_MS;
    return lost ? "problem" : "saving";
  }
  return tab.openPolygon ? "open" : "saved";
}

function release() {
  if (tab.held === null || state() === "saving") return;
  const target = tab.held;
  tab.held = null;
  target.click();
}

function onPointerDown(event) {
  const key = canvasOf(event);
  const canvas = event.composedPath().find((node) => node.tagName === "CANVAS");
  if (key === null || event.button !== 0 || canvas === undefined) return;
  if (tab.tool === "polygon") {
    tab.openPolygon = true;
    showStrokes();
  } else {
    tab.stroke = key;
    tab.canvas = canvas;
    tab.pointer = event.pointerType;
  }
  tab.show();
}

function onPointerUp() {
  if (tab.stroke === null) return;
  // A canvas that is still loading draws nothing; one that draws shows a cross to the mouse.
  const draws = tab.pointer !== "mouse" || tab.canvas.style.cursor === "crosshair";
  if (draws) tab.drawn.set(tab.stroke, (tab.drawn.get(tab.stroke) ?? 0) + 1);
  tab.stroke = null;
  tab.canvas = null;
  tab.lastStroke = Date.now();
  tab.show();
  showStrokes();
  setTimeout(() => {
    tab.show();
    release();
  }, LOST_AFTER_MS + 100);
}

function onClick(event) {
  if (!event.isTrusted || !unsaved()) return;
  const target = event.target.closest?.('a[href], [class*="st-key-leave-"] button');
  if (!target) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tab.held = target;
}

function onWheel(event) {
  if (canvasOf(event) === null || event.ctrlKey) return;
  event.preventDefault();
  const now = Date.now();
  if (tab.stroke !== null || event.deltaY === 0 || now - tab.lastWheel < WHEEL_PAUSE_MS) return;
  tab.lastWheel = now;
  const way = event.deltaY > 0 ? "next" : "previous";
  document.querySelector(`.st-key-${way}-slice button`)?.click();
}

function onPointerOver(event) {
  if (canvasOf(event) === null) return;
  for (const node of event.composedPath()) {
    if (node instanceof ShadowRoot && !node.querySelector("style[data-slicewise]")) {
      const style = document.createElement("style");
      style.dataset.slicewise = "";
      style.textContent = CANVAS_STYLE;
      node.append(style);
      tab.roots.add(node);
    }
  }
  showStrokes();
}

// Strokes stay visible until the picture behind them shows what was stored.
function showStrokes() {
  const stored = state() === "saved";
  for (const root of tab.roots) {
    const canvas = root.querySelector(".dc-root");
    if (!root.host.isConnected || canvas === null) {
      tab.roots.delete(root);
      continue;
    }
    canvas.classList.toggle("slicewise-stored", stored);
    canvas.classList.toggle("slicewise-waiting", tab.toolAsked !== 0);
  }
}

// The canvas gets a tool from the server: until then it takes no stroke, rather than draw one with
// the tool before.
function onToolAsked(event) {
  if (!event.target.closest?.('.st-key-tool [role="radio"][aria-checked="false"]')) return;
  const asked = Date.now();
  tab.toolAsked = asked;
  showStrokes();
  setTimeout(() => {
    if (tab.toolAsked !== asked) return;
    tab.toolAsked = 0;
    showStrokes();
  }, TOOL_WAIT_MS);
}

// Keys press the buttons of the page. An undo waits for the stroke it is to take back.
function onKeyDown(event) {
  const field = event.composedPath()[0];
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName ?? "") || field.isContentEditable) return;
  const modified = event.ctrlKey || event.metaKey;
  const name = modified ? MODIFIED_KEYS[event.key.toLowerCase()] : KEYS[event.key];
  const button = name && document.querySelector(`.st-key-${name} button`);
  if (!button) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (modified && unsaved()) tab.held = button;
  else button.click();
}

function listen() {
  if (tab.listening) return;
  tab.listening = true;
  document.addEventListener("pointerdown", onPointerDown, true);
  document.addEventListener("pointerup", onPointerUp, true);
  document.addEventListener("pointercancel", onPointerUp, true);
  document.addEventListener("pointerover", onPointerOver, true);
  document.addEventListener("click", onClick, true);
  document.addEventListener("pointerup", onToolAsked, true);
  document.addEventListener("keydown", onKeyDown, true);
  document.addEventListener("wheel", onWheel, { capture: true, passive: false });
  window.addEventListener("beforeunload", (event) => {
    if (state() === "saving") event.preventDefault();
  });
}

export default function (component) {
  const { data, parentElement } = component;
  const label = parentElement.querySelector(".save-state");
  const quiet = tab.stroke === null && Date.now() - tab.lastStroke > 1500;
  for (const [key, strokes] of Object.entries(data.stored)) {
    if (strokes > (tab.stored.get(key) ?? 0)) {
      tab.openPolygon = false;
      // Closing a polygon is no stroke, and a click that left no mark was none: follow the server.
      if (quiet || data.tool === "polygon") tab.drawn.set(key, strokes);
    }
    tab.stored.set(key, strokes);
  }
  if (data.tool !== "polygon") tab.openPolygon = false;
  if (tab.tool !== data.tool) tab.toolAsked = 0;
  tab.tool = data.tool;
  tab.problem = data.problem;
  tab.show = () => {
    label.dataset.state = state();
    label.dataset.tool = tab.tool;
    label.textContent = {
      problem: "not saved",
      saving: "saving…",
      open: "polygon open: click its first point to close it",
      saved: "saved",
    }[label.dataset.state];
  };
  listen();
  tab.show();
  setTimeout(showStrokes, SHOWN_BEFORE_HIDING_MS);
  release();
}
