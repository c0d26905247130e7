// All segments in three dimensions, in the large place. A click on a surface goes to its slice.
//
// Surfaces are computed by the server when the view is opened and when it is asked to update.

import { send } from "../model/app.js";
import { askForSurfaces, isAnswerLost, sliceNear } from "../model/surfaces.js";
import { loadPlotly } from "./plotly.js";
import { frameOf, LAYOUT, tracesOf } from "./surface_traces.js";

const STILL = 4; // CSS pixels that a click may move
const LOOK_AGAIN_MS = 1000;
const CONFIG = { displayModeBar: false, displaylogo: false };

/**
 * @param {object} screen See screen.js.
 */
export function createSurfaceView(screen) {
  const { app, find, signal } = screen;
  const view = {
    screen,
    plot: find(".surface-plot"),
    plotly: null, // while the view is open and something is drawn
    drawn: null, // what is drawn: {shown, slice, segments}
    hovered: null, // point under the cursor
    pressed: null,
    isOpen: false,
    problem: "",
  };
  listenToClicks(view);
  listenToLoss(view);
  find('[data-do="update-surfaces"]').addEventListener("click", () => ask(view), { signal });
  const looking = setInterval(() => {
    if (view.isOpen && isAnswerLost(app.surfaces, performance.now())) ask(view);
  }, LOOK_AGAIN_MS);
  signal.addEventListener("abort", () => {
    clearInterval(looking);
    show(view, false);
  });
  return {
    show: (isOpen) => show(view, isOpen),
    /** Slice, segments or masks may have changed, or surfaces have come. */
    paint: () => paint(view),
    resize() {
      if (view.plotly !== null) view.plotly.Plots.resize(view.plot);
    },
    /** Looks from the front again. */
    fit() {
      view.plotly?.relayout(view.plot, { "scene.camera": LAYOUT.scene.camera });
    },
  };
}

async function show(view, isOpen) {
  const { screen: { find }, plot } = view;
  if (view.isOpen === isOpen) return;
  view.isOpen = isOpen;
  find(".surface-view").hidden = !isOpen;
  if (!isOpen) {
    view.plotly?.purge(plot);
    Object.assign(view, { plotly: null, drawn: null, hovered: null, problem: "" });
    return;
  }
  ask(view);
  try {
    const plotly = await loadPlotly();
    if (view.isOpen) view.plotly = plotly;
  } catch (error) {
    view.problem = error.message;
  }
  paint(view);
}

function ask(view) {
  const { app } = view.screen;
  askForSurfaces(app.surfaces, performance.now());
  send(app);
  paint(view);
}

/** Whether masks have changed since the surfaces were computed. */
function isOutdated({ annotation, surfaces: { shown } }) {
  const { epoch, revision } = annotation.received();
  const isKnown = shown !== null && shown.of.epoch === epoch && shown.of.revision === revision;
  return !isKnown || annotation.outbox.pending().length > 0;
}

function paint(view) {
  if (!view.isOpen) return;
  writeText(view);
  const { screen: { app }, plotly, drawn, plot } = view;
  const { shown } = app.surfaces;
  if (plotly === null || shown === null) return;
  const { slice } = app;
  const segments = app.info.segments.filter(({ number }) => app.display.isShown(number));
  const key = JSON.stringify(segments);
  if (drawn?.shown === shown && drawn.key === key) {
    if (drawn.slice === slice) return;
    const { x, y, z } = frameOf(shown, slice);
    plotly.restyle(plot, { x: [x], y: [y], z: [z] }, [drawn.frame]);
    drawn.slice = slice;
    return;
  }
  const traces = tracesOf(shown, segments, slice, app.info.inPatient);
  view.drawn = { shown, key, slice, frame: traces.length - 1 };
  const isFirst = drawn === null;
  plotly.react(plot, traces, structuredClone(LAYOUT), CONFIG).then(() => {
    plot.dataset.ready = "true";
  });
  if (!isFirst) return;
  plot.on("plotly_hover", ({ points: [{ x, y, z }] }) => (view.hovered = [x, y, z]));
  plot.on("plotly_unhover", () => (view.hovered = null));
}

function writeText(view) {
  const { screen: { app, find }, problem } = view;
  const { request, shown } = app.surfaces;
  let text = "Drawn slices are opaque, proposals translucent. Drag to turn, click to go to a slice.";
  if (problem !== "") text = problem;
  else if (request !== null) text = "Computing surfaces…";
  else if (shown?.meshes.length === 0) text = "Nothing is drawn yet.";
  find(".surface-text").textContent = text;
  const update = find('[data-do="update-surfaces"]');
  const isNew = request === null && isOutdated(app);
  update.disabled = request !== null;
  update.textContent = isNew ? "Masks have changed: update" : "Update";
}

/** Draws everything anew once the browser gives back the graphics memory that it took. */
function listenToLoss(view) {
  const { screen: { signal }, plot } = view;
  const options = { signal, capture: true };
  // Only then is the context restored.
  plot.addEventListener("webglcontextlost", (event) => event.preventDefault(), options);
  plot.addEventListener("webglcontextrestored", () => {
    view.plotly?.purge(plot);
    view.drawn = null;
    paint(view);
  }, options);
}

/** plotly.js misses short clicks on surfaces; what was under the cursor is known from hovering. */
function listenToClicks(view) {
  const { screen, plot } = view;
  const options = { signal: screen.signal, capture: true };
  plot.addEventListener("pointerdown", ({ clientX, clientY }) => (view.pressed = [clientX, clientY]), options);
  plot.addEventListener("pointerup", ({ clientX, clientY, button }) => {
    const [x, y] = view.pressed ?? [clientX, clientY];
    view.pressed = null;
    const isStill = Math.hypot(clientX - x, clientY - y) <= STILL;
    if (button !== 0 || !isStill || view.hovered === null) return;
    screen.goTo(sliceNear(screen.app.surfaces.shown, view.hovered));
  }, options);
}
