// The canvas above the masks: unfinished drawings, marks of places, and the circle of the brush.

import { toolOf } from "../tools/index.js";
import { lengthsSketch } from "../tools/measure.js";
import { drawCross } from "./marks.js";
import { toImage, toScreen } from "./zoom.js";

const LINE_WIDTH = 2.5;
const HANDLE_WIDTH = 1.5;
const EDGE = 2.5; // CSS pixels that an edge is wider than its line
const FILLED_OPACITY = 0.25; // of what becomes a mask later
const LABEL_FONT = "600 14px sans-serif";
const LABEL_AWAY = 10; // CSS pixels from the place
const KEYBOARD_CROSS = [3, 9]; // CSS pixels from its middle to the ends of its lines
const ERASER_DASH = [4, 3];

/** Draws all that follows the cursor, and marks its place on the second picture. */
export function drawOverlay(screen) {
  const { app, stage, spacing, pointer } = screen;
  const view = stage.view();
  const at = pointer.cursor === null ? null : toImage(view, spacing, pointer.cursor);
  const onScreen = (place) => toScreen(view, spacing, place);
  screen.second.mark(at);
  stage.drawPointer((context) => {
    context.lineJoin = context.lineCap = "round";
    drawSketch(context, screen.drawing.sketch(at), onScreen, screen.colorOf(app.segment));
    drawSketch(context, lengthsSketch(app), onScreen, screen.colorOf(app.segment));
    if (pointer.pointed !== null) drawCross(context, onScreen(pointer.pointed));
    if (pointer.isKeyboard()) drawKeyboardCross(context, pointer.cursor);
    if (pointer.cursor !== null && toolOf(app.tool).cursor === "circle") drawCircle(context, screen);
  });
}

/**
 * Draws what a tool has not turned into a mask yet.
 *
 * @param {{lines?: object[], handles?: object[], labels?: object[]}} sketch Lines `{points, color, width, dash, closed,
 *   filled, edged}`, of which all but `points` may be left out, handles `{place, radius, color, edged}`,
 *   and labels `{place, text, color}` beside places. What is edged stands out on white, too.
 */
function drawSketch(context, { lines = [], handles = [], labels = [] }, onScreen, segmentColor) {
  for (const line of lines) {
    const { points, color = segmentColor, width = LINE_WIDTH, dash = [], closed = false } = line;
    context.setLineDash(dash);
    context.beginPath();
    for (const point of points) {
      const { x, y } = onScreen(point);
      context.lineTo(x, y);
    }
    if (closed) context.closePath();
    strokeTwice(context, color, width, line.edged);
    if (!line.filled) continue;
    context.globalAlpha = FILLED_OPACITY;
    context.fillStyle = color;
    context.fill();
    context.globalAlpha = 1;
  }
  context.setLineDash([]);
  for (const { place, radius, color = segmentColor, edged } of handles) {
    const { x, y } = onScreen(place);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = "#fff";
    context.fill();
    strokeTwice(context, color, HANDLE_WIDTH, edged);
  }
  for (const { place, text, color } of labels) drawLabel(context, onScreen(place), text, color);
}

/** Draws the path, and a darker and wider line below it where it is edged. */
function strokeTwice(context, color, width, edged = false) {
  const below = edged ? [[width + EDGE, "rgb(0 0 0 / 60%)"]] : [];
  for (const [lineWidth, strokeStyle] of [...below, [width, color]]) {
    Object.assign(context, { lineWidth, strokeStyle });
    context.stroke();
  }
}

/** Text beside a place, readable on any grey. */
function drawLabel(context, { x, y }, text, color) {
  context.font = LABEL_FONT;
  context.textBaseline = "middle";
  const [left, right] = [x - LABEL_AWAY - context.measureText(text).width, x + LABEL_AWAY];
  const isCut = right + context.measureText(text).width > context.canvas.clientWidth;
  const at = isCut ? left : right;
  context.lineWidth = 4;
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  context.strokeText(text, at, y);
  context.fillStyle = color;
  context.fillText(text, at, y);
}

function drawKeyboardCross(context, { x: middle, y: center }) {
  const [from, to] = KEYBOARD_CROSS;
  context.strokeStyle = "#fff";
  context.lineWidth = 1;
  context.beginPath();
  for (const [x, y] of [[1, 0], [0, 1], [-1, 0], [0, -1]]) {
    context.moveTo(middle + from * x, center + from * y);
    context.lineTo(middle + to * x, center + to * y);
  }
  context.stroke();
}

/** The circle under the pointer; dashed while it removes pixels. */
export function drawCircle(context, { app, stage, pointer, colorOf }) {
  const erases = (toolOf(app.tool).erases ?? false) !== pointer.alt;
  context.beginPath();
  context.arc(pointer.cursor.x, pointer.cursor.y, (app.size / 2) * stage.view().scale, 0, 2 * Math.PI);
  for (const [width, style] of [[3, "rgb(0 0 0 / 60%)"], [1.2, erases ? "#fff" : colorOf(app.segment)]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.setLineDash(erases && width < 2 ? ERASER_DASH : []);
    context.stroke();
  }
}
