// A plane across the slices in the large place: it is moved, zoomed and windowed like a slice, and
// brush and eraser draw on it.

import { listenToPointer, PEN_ERASER } from "../input/pointer.js";
import { eraser } from "../tools/eraser.js";
import { toolOf } from "../tools/index.js";
import { beginOnPlane } from "../tools/plane_painting.js";
import { drawCircle } from "./overlay.js";
import { createPlaneMasks } from "./plane_masks.js";
import { gapsOf, interpolatePlane, sliceAt } from "./plane_grid.js";
import { createStage } from "./stage.js";
import { valueText } from "./status.js";
import { toImage, toScreen, zoomView } from "./zoom.js";
import { draggedWindow } from "./windowing.js";

const LINE_COLOR = "rgb(255 224 130 / 60%)";

/**
 * @param {object} screen See screen.js.
 * @param {{row: object, column: object}} grids See plane_grid.js.
 * @param {object} acts `jump(axis, slice, along)`, `turn(axis, steps)`.
 */
export function createLargePlane(screen, grids, acts) {
  const { app, find } = screen;
  const plane = {
    screen, acts, find,
    grid: null, // of the plane shown; null while none is
    stage: null,
    masks: null,
    picture: null, // {numbers, values}: interpolated, and what of
    cursor: null,
    alt: false,
    due: false,
  };
  listenToPointer(find(".plane-stage"), screen.signal, pointerActions(plane));
  return {
    /** Shows the plane along an axis; null shows none. */
    show(axis) {
      const grid = grids[axis] ?? null;
      find(".plane-view").hidden = grid === null;
      if (grid === plane.grid) return;
      Object.assign(plane, { grid, picture: null, cursor: null });
      plane.stage = grid && createStage(find(".plane-stage"), grid.shape, grid.spacing, app.opacity, app.planeViews[axis]);
      plane.masks = grid && createPlaneMasks(app, grid, plane.stage, () => screen.drawing.isDown());
      if (grid === null) return;
      ["left", "right", "top", "bottom"].forEach((side, place) => {
        find(`.plane-stage .letter.${side}`).textContent = grid.letters[place];
      });
      plane.stage.resize();
      paintSoon(plane);
    },
    /** What it shows may have changed. */
    paintSoon: () => paintSoon(plane),
    resize() {
      plane.stage?.resize();
      paintSoon(plane);
    },
    fit() {
      plane.stage.fit();
      paintSoon(plane);
    },
    zoom: (factor) => zoom(plane, factor, plane.cursor),
    /** Draws everything anew: the canvases have lost what was on them. */
    renew() {
      if (plane.grid === null) return;
      plane.stage.renew();
      plane.masks = createPlaneMasks(app, plane.grid, plane.stage, () => screen.drawing.isDown());
      paintSoon(plane);
    },
  };
}

function zoom(plane, factor, place) {
  const { grid, stage } = plane;
  const at = place ?? { x: stage.screen.width / 2, y: stage.screen.height / 2 };
  stage.setView(zoomView(stage.view(), factor, at, grid.shape, grid.spacing, stage.screen));
  paintSoon(plane);
}

const indexOf = ({ screen: { app }, grid }) => app.cross[grid.axis === "row" ? 0 : 1];

/** Whether the picture shown is that of the place chosen. */
function isHere(plane) {
  return plane.screen.app.planes[plane.grid.axis]?.index === indexOf(plane);
}

function paintSoon(plane) {
  if (plane.grid === null || plane.due) return;
  plane.due = true;
  requestAnimationFrame(() => {
    plane.due = false;
    if (plane.grid !== null && !plane.screen.signal.aborted) paint(plane);
  });
}

function paint(plane) {
  const { screen, grid, stage, masks, find } = plane;
  const { app } = screen;
  const shown = app.planes[grid.axis];
  if (shown !== null && plane.picture?.numbers !== shown.numbers) {
    plane.picture = { numbers: shown.numbers, values: interpolatePlane(grid, shown.numbers) };
  }
  app.planeViews[grid.axis] = { view: stage.view(), screen: { ...stage.screen } };
  stage.drawImage(plane.picture?.values ?? null, screen.greys, gapsOf(grid));
  if (shown !== null) masks.update({ axis: grid.axis, index: shown.index });
  stage.drawMasks(masks.shown(), app.style);
  drawPointer(plane);
  const view = find(".plane-view");
  view.dataset.ready = String(isHere(plane) && !app.annotation.isWaiting());
  view.dataset.index = shown === null ? "" : shown.index;
  view.dataset.axis = grid.axis;
  writeText(plane);
}

/** Lines where the slice and the other plane are, and the circle of the brush. */
function drawPointer({ screen, grid, stage, cursor, alt }) {
  const { app } = screen;
  const along = grid.slabs[app.slice].left + app.cross[grid.axis === "row" ? 1 : 0] + 0.5;
  const { x, y } = toScreen(stage.view(), grid.spacing, [along, grid.slabs[app.slice].middle / grid.spacing[0]]);
  stage.drawPointer((context) => {
    context.strokeStyle = LINE_COLOR;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(stage.screen.width, y);
    context.moveTo(x, 0);
    context.lineTo(x, stage.screen.height);
    context.stroke();
    if (cursor !== null && toolOf(app.tool).onPlanes) {
      drawCircle(context, { app, stage, pointer: { cursor, alt }, colorOf: screen.colorOf });
    }
  });
}

function writeText(plane) {
  const { screen: { app }, grid, find } = plane;
  find(".plane-name").textContent = `${grid.name} · ${grid.axis} ${indexOf(plane) + 1} of ${grid.across}`;
  const at = plane.cursor === null ? null : placeAt(plane, plane.cursor);
  const isInside = at !== null && at.along >= 0 && at.along < grid.count && at.isInSlab;
  const numbers = app.planes[grid.axis]?.numbers;
  const value = isInside && numbers ? valueText(app.info, numbers[at.slice * grid.count + at.along]) : "";
  find(".plane-value").textContent = value === "" ? "" : `slice ${at.slice + 1}: ${value}`;
}

/** What lies at a place of the screen: slice, pixel along the plane, and [along, depth] in mm. */
function placeAt({ grid, stage }, place) {
  const [column, row] = toImage(stage.view(), grid.spacing, place);
  const depth = row * grid.spacing[0];
  const slice = sliceAt(grid, depth);
  const { low, high, left } = grid.slabs[slice];
  return { slice, along: Math.floor(column) - left, isInSlab: depth >= low && depth < high, millimetres: [column * grid.step, depth] };
}

function pointerActions(plane) {
  const { screen, acts } = plane;
  const { app, pointer } = screen;

  function begin(place, event) {
    const tool = event.button === PEN_ERASER ? eraser : toolOf(app.tool);
    // What has not come cannot be drawn on: the picture may still be that of another place.
    if (!isHere(plane) || !screen.drawing.context.mayDraw()) return false;
    screen.note = "";
    const { grid, masks } = plane;
    masks.begin(app.segment);
    const how = { tool, erase: (tool.erases ?? false) !== event.altKey };
    const { millimetres } = placeAt(plane, place);
    const stroke = beginOnPlane(screen.drawing.context, grid, indexOf(plane), millimetres, how, masks.paint);
    screen.drawing.take(stroke);
    paintSoon(plane);
    return true;
  }

  function jump(place) {
    const { slice, along } = placeAt(plane, place);
    acts.jump(plane.grid.axis, slice, Math.min(Math.max(along, 0), plane.grid.count - 1));
  }

  function move(cursor, event) {
    Object.assign(plane, { cursor, alt: event?.altKey ?? false });
    paintSoon(plane);
  }

  function finish(end) {
    if (!screen.drawing.isDown()) return;
    end();
    screen.refresh();
  }

  return {
    isSpace: () => pointer.space,
    start(place, event) {
      const draws = event.button === PEN_ERASER || toolOf(app.tool).onPlanes;
      if (draws) return begin(place, event);
      jump(place);
      return true;
    },
    draw(places) {
      if (screen.drawing.isDown()) screen.drawing.move(places.map((place) => placeAt(plane, place).millimetres));
      else if (!toolOf(app.tool).onPlanes) jump(places.at(-1));
      paintSoon(plane);
    },
    stop: () => finish(screen.drawing.end),
    cancel: () => finish(screen.drawing.interrupt),
    hover: move,
    leave: () => move(null),
    window: (dx, dy) => screen.setWindow(draggedWindow(app.window, dx, dy)),
    pan(dx, dy) {
      const view = plane.stage.view();
      plane.stage.setView({ ...view, x: view.x + dx, y: view.y + dy });
      paintSoon(plane);
    },
    zoom: (factor, at) => zoom(plane, factor, at),
    turn: (steps) => acts.turn(plane.grid.axis, steps),
    size: screen.resizeBrush,
  };
}
