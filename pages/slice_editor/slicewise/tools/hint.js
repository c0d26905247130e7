// Strokes that say what is missing or too much; the model corrects the mask around them.
//
// `context.open` holds the strokes on one slice so far, as lines and as masks, and the mask before them.

import { coverStroke } from "../masks/rasters.js";
import { encodeRuns } from "../masks/run_length.js";

const DIAMETER_MM = 3;
const PATIENCE_MS = 60000; // the server runs the model, which takes longer than storing a mask
const COLORS = { added: "#4dd0a0", removed: "#ff7043" };

export const hintAdd = {
  ...hintTool("added"),
  id: "hint-add",
  name: "Hint: add",
  key: "q",
  help: "Draw where something is missing; the model corrects the mask around it",
  icon: "M8 3v10M3 8h10",
};

export const hintRemove = {
  ...hintTool("removed"),
  id: "hint-remove",
  name: "Hint: remove",
  key: "Q",
  help: "Draw where too much is marked; the model corrects the mask around it",
  icon: "M3 8h10",
};

/** What both tools share; `side` says which mask a stroke goes to: "added" or "removed". */
function hintTool(side) {
  const color = COLORS[side];
  return {
    options: [],
    cursor: "crosshair",
    move(context, stroke, places) {
      stroke.points.push(...places);
    },
    end: (context, { tool, points }) => ask(context, tool, side, { points, color }),
    sketch: (context, stroke) => ({
      lines: [
        ...(context.open?.strokes ?? []),
        ...(stroke === null ? [] : [{ points: stroke.points, color }]),
      ],
    }),
  };
}

function ask(context, tool, side, line) {
  const { app, shape, pixelSize } = context;
  const columns = shape[1];
  if (context.open === null || context.open.segment !== app.segment || context.open.slice !== app.slice) {
    const [segment, slice, mask] = [app.segment, app.slice, context.current().code];
    const nothing = () => new Uint8Array(shape[0] * columns);
    context.open = { tool, segment, slice, mask, added: nothing(), removed: nothing(), strokes: [] };
  }
  const { open } = context;
  const [painted, other] = side === "added" ? [open.added, open.removed] : [open.removed, open.added];
  const diameter = app.info.inPatient ? DIAMETER_MM : 3 * Math.min(...pixelSize);
  const radius = Math.max(diameter / 2, Math.max(...pixelSize) / 2);
  coverStroke(line.points, radius, pixelSize, shape, (row, start, end) => {
    painted.fill(1, row * columns + start, row * columns + end);
    other.fill(0, row * columns + start, row * columns + end);
  });
  open.strokes.push(line);
  const { base, version } = context.current();
  context.ask({
    kind: "hints",
    segment: open.segment,
    slice: open.slice,
    base: base ?? version,
    mask: open.mask,
    added: encodeRuns(open.added),
    removed: encodeRuns(open.removed),
    patience: PATIENCE_MS,
  });
}
