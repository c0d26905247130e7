// Clicks set anchors, and between them the line follows the edges of the picture as it is shown.
//
// `context.open` holds the anchors (pixels [x, y]), the piece of the line that leads to each but the
// first, whether the line is closed, the anchor being dragged, whether lifting the pointer closes
// the line, whether it erases, the piece that leads to the cursor, and the newest searches for paths.
// Once the line is closed, its anchors can be dragged, and others be made by dragging the line; only
// then it becomes a mask, as one step.

import { createEdgeMap } from "../masks/edges.js";
import { createPathSearch } from "../masks/livewire.js";
import { fillPolygon } from "../masks/rasters.js";
import { greyTable } from "../view/windowing.js";

const VISITED_A_FRAME = 8000; // pixels that a search goes on by between two frames
const SEARCHES = 2; // of the anchors at either side of the one being dragged
const LEAST = 3; // anchors of a line that can be closed

const edgeMaps = new WeakMap(); // numbers of a slice -> {window, edges}

export const livewire = {
  id: "livewire",
  name: "Livewire",
  key: "i",
  help: "Click along an edge, the line snaps to it; click the first point to close, drag points, then Enter",
  icon: "M2.500 11c1-6 4-8 6-5s2 6 5-1M2.500 13v-3.500M13.500 7V3.500",
  options: ["mode"],
  cursor: "crosshair",
  isClick: true,
  begin,
  move(context, stroke, places) {
    const { open } = context;
    if (open === null || open.dragged === null) return;
    const pixel = pixelNear(context, places.at(-1));
    open.anchors[open.dragged] = open.isClosed ? pixel : snapped(context, pixel);
    open.isLate = true;
  },
  end(context) {
    const { open } = context;
    if (open === null) return;
    if (open.isClosing) {
      open.isClosing = false;
      close(context);
    } else if (open.dragged !== null) reroute(context, open.dragged);
    open.dragged = null;
  },
  interrupt(context, stroke) {
    context.open = stroke.openBefore;
  },
  cancel(context) {
    context.open = null;
  },
  isOpen: () => true,
  openText: (open) => (open.isClosed ? "line closed: Enter applies it" : "line open: Enter closes it"),
  close,
  /** Finishes the line at once; one that encloses nothing yet is dropped. */
  settle(context) {
    if (!context.open.isClosed) close(context);
    if (context.open.isClosed) apply(context);
  },
  /** Opens a closed line again, or takes back its newest anchor. */
  stepBack(context) {
    const { open } = context;
    open.dragged = null;
    if (open.isClosed) open.isClosed = false;
    else open.anchors.pop();
    open.pieces.pop();
    if (open.anchors.length === 0) context.open = null;
    return true;
  },
  sketch,
};

const centre = ([x, y]) => [x + 0.5, y + 0.5];

/** The pixel under a place, or at the edge of the picture the nearest one. */
function pixelNear({ shape: [rows, columns] }, [x, y]) {
  return [Math.min(Math.max(Math.floor(x), 0), columns - 1), Math.min(Math.max(Math.floor(y), 0), rows - 1)];
}

function edgesOf({ app, shape, pixels }) {
  const numbers = pixels();
  const known = edgeMaps.get(numbers);
  if (known?.window === app.window) return known.edges;
  const edges = createEdgeMap(numbers, greyTable(app.window, app.info), shape);
  edgeMaps.set(numbers, { window: app.window, edges });
  return edges;
}

const snapped = (context, pixel) => edgesOf(context).strongestNear(pixel, Math.floor(context.reach()));

function begin(context, stroke) {
  if (context.pixels() === null) return false;
  const { open } = context;
  const [place] = stroke.points;
  const pixel = pixelNear(context, place);
  stroke.openBefore = open === null ? null : { ...open, anchors: [...open.anchors], pieces: [...open.pieces] };
  if (open?.tool !== livewire) {
    context.open = {
      tool: livewire, anchors: [snapped(context, pixel)], pieces: [], isClosed: false, dragged: 0,
      isClosing: false, isLate: false, erase: stroke.erase, trial: [], searches: [],
    };
    return true;
  }
  const near = open.anchors.findIndex((anchor) => context.isNear(centre(anchor), place));
  open.isClosing = near === 0 && !open.isClosed && open.anchors.length >= LEAST;
  open.dragged = open.isClosing || near < 0 ? null : near;
  if (near >= 0) return true;
  if (open.isClosed) return takeLine(context, place);
  open.anchors.push(snapped(context, pixel));
  open.pieces.push([]);
  open.dragged = open.anchors.length - 1;
  reroute(context, open.dragged);
  return true;
}

/** Makes an anchor where a closed line is taken hold of; a press elsewhere applies the line. */
function takeLine(context, place) {
  const { open } = context;
  const distance = ([x, y]) => Math.hypot(x + 0.5 - place[0], y + 0.5 - place[1]);
  const nearest = open.pieces.flat().reduce((one, other) => (distance(other) < distance(one) ? other : one));
  if (!context.isNear(centre(nearest), place)) {
    apply(context);
    return false;
  }
  const piece = open.pieces.findIndex((one) => one.includes(nearest));
  const at = open.pieces[piece].indexOf(nearest);
  open.anchors.splice(piece + 1, 0, nearest);
  open.pieces.splice(piece, 1, open.pieces[piece].slice(0, at + 1), open.pieces[piece].slice(at));
  open.dragged = piece + 1;
  return true;
}

function searchFrom(context, anchor) {
  const { searches } = context.open;
  const edges = edgesOf(context);
  const known = searches.find((one) => one.edges === edges && one.anchor[0] === anchor[0] && one.anchor[1] === anchor[1]);
  if (known !== undefined) return known.search;
  const search = createPathSearch(edges, context.pixelSize, anchor);
  searches.unshift({ edges, anchor, search });
  searches.splice(SEARCHES);
  return search;
}

/** Leads the line through an anchor again; returns whether the searches came to their end. */
function reroute(context, index, most = Infinity) {
  const { open } = context;
  const { anchors, pieces, isClosed } = open;
  const last = anchors.length - 1;
  const before = index > 0 ? index - 1 : isClosed ? last : null;
  const after = index < last ? index + 1 : isClosed ? 0 : null;
  let isFound = true;
  const lead = (from, piece, way) => {
    const search = searchFrom(context, anchors[from]);
    if (search.reach(anchors[index], most)) pieces[piece] = way(search.path(anchors[index]));
    else isFound = false;
  };
  if (before !== null) lead(before, before, (path) => path);
  if (after !== null) lead(after, index, (path) => path.reverse());
  open.isLate = !isFound;
}

function close(context) {
  const { open } = context;
  if (open.isClosed) apply(context);
  else if (open.anchors.length >= LEAST) {
    const last = searchFrom(context, open.anchors.at(-1));
    last.reach(open.anchors[0]);
    open.pieces.push(last.path(open.anchors[0]));
    open.isClosed = true;
    open.dragged = null;
    context.repaint();
  }
}

function apply(context) {
  if (!context.mayDraw()) return;
  const { pieces, erase } = context.open;
  const mask = context.mask();
  fillPolygon(mask, pieces.flat().map(centre), context.shape, erase ? 0 : 1);
  context.open = null;
  context.store(mask, "livewire", erase);
}

/** Leads the line to the cursor, as far as a frame allows. */
function lead(context, cursor) {
  const { open } = context;
  const pixel = snapped(context, pixelNear(context, cursor));
  const search = searchFrom(context, open.anchors.at(-1));
  if (search.reach(pixel, VISITED_A_FRAME)) open.trial = search.path(pixel);
  else context.repaint();
}

function sketch(context, stroke, cursor) {
  if (context.pixels() === null) return {};
  const { open } = context;
  if (open?.tool !== livewire) {
    if (cursor === null) return {};
    return { handles: [{ place: centre(snapped(context, pixelNear(context, cursor))), radius: 3 }] };
  }
  if (open.isLate && open.dragged !== null) {
    reroute(context, open.dragged, VISITED_A_FRAME);
    if (open.isLate) context.repaint();
  }
  const lines = [{ points: open.pieces.flat().map(centre), closed: open.isClosed, filled: open.isClosed, width: 2 }];
  if (!open.isClosed && stroke === null && cursor !== null) {
    lead(context, cursor);
    lines.push({ points: open.trial.map(centre), width: 1.5 });
  }
  const handles = open.anchors.map((anchor, index) => ({
    place: centre(anchor), radius: index === 0 && !open.isClosed ? 6 : 4,
  }));
  return { lines, handles };
}
