// Paths that follow the edges of a picture: the live-wire, also known as intelligent scissors.
//
// E. N. Mortensen and W. A. Barrett, "Intelligent scissors for image composition", SIGGRAPH 1995;
// W. A. Barrett and E. N. Mortensen, "Interactive live-wire boundary extraction", Medical Image
// Analysis 1(4), 1997. A path costs little where the Laplacian changes its sign, where the gradient
// is strong, compared with the edge at the anchor, and where it runs along the edge. Dijkstra's algorithm with buckets searches from an anchor until it has
// reached the pixel asked for, and goes on from there for the next one. Costs are multiplied by
// lengths in the patient, so that pixels need not be square.

import { SECTORS, STRENGTHS } from "./edges.js";

// Of the terms of the cost, which add up to 1: the paper's, but that crossings of the Laplacian and
// strength have changed places, since noise makes the Laplacian cross 0 nearly everywhere.
const WEIGHTS = { crossing: 0.14, direction: 0.43, strength: 0.43 };
const FINENESS = 255; // costs are whole numbers up to this
const HALF = 512; // pixels on either side of the anchor within which paths are searched
const NOWHERE = 255;
const UNKNOWN = 0x7fffffff;
const STEPS_X = Int32Array.of(1, 1, 0, -1, -1, -1, 0, 1);
const STEPS_Y = Int32Array.of(0, 1, 1, 1, 0, -1, -1, -1);

/**
 * Starts a search for paths from a pixel.
 *
 * @param {object} edges See edges.js.
 * @param {number[]} pixelSize Width and height of a pixel.
 * @param {number[]} anchor The pixel [x, y].
 */
export function createPathSearch(edges, pixelSize, [anchorX, anchorY]) {
  const [rows, columns] = edges.shape;
  const area = {
    left: Math.max(0, anchorX - HALF),
    top: Math.max(0, anchorY - HALF),
    right: Math.min(columns, anchorX + HALF + 1),
    bottom: Math.min(rows, anchorY + HALF + 1),
  };
  edges.prepare(anchorX, anchorY);
  const costs = pixelCosts(edges.strength[anchorY * columns + anchorX]);
  const search = createSearch(edges, area, pixelSize, costs);
  search.start(anchorY * columns + anchorX);
  const placeOf = ([x, y]) => {
    const [column, row] = [Math.min(Math.max(x, area.left), area.right - 1), Math.min(Math.max(y, area.top), area.bottom - 1)];
    return row * columns + column;
  };
  return {
    /**
     * Searches until a pixel is reached, visiting at most so many pixels; returns whether it is.
     * For a pixel farther away than paths are searched, the nearest one within stands.
     */
    reach: (pixel, most = Infinity) => search.reach(placeOf(pixel), most),
    /** Pixels [x, y] from the anchor to a pixel that was reached. */
    path(pixel) {
      const found = search.trace(placeOf(pixel)).map((place) => [place % columns, Math.floor(place / columns)]);
      const [x, y] = found.at(-1);
      return x === pixel[0] && y === pixel[1] ? found : [...found, pixel];
    },
  };
}

/**
 * Cost of stepping on a pixel, but for the direction: by strength, of crossings first. An edge as
 * strong as that at the anchor, which is the one that the person follows, costs nothing.
 */
function pixelCosts(strengthAtAnchor) {
  const free = Math.max(1, strengthAtAnchor);
  return Float32Array.from({ length: 2 * STRENGTHS }, (_, at) => {
    const weak = 1 - Math.min((at % STRENGTHS) / free, 1);
    return FINENESS * (WEIGHTS.strength * weak + (at < STRENGTHS ? 0 : WEIGHTS.crossing));
  });
}

/**
 * Cost of every step between pixels with gradients of two sectors: little where the step runs along
 * the edges of both. One table: step, sector here, sector there.
 */
function directionCosts([wide, high]) {
  const costs = new Float32Array(STEPS_X.length * SECTORS * SECTORS);
  for (let step = 0, at = 0; step < STEPS_X.length; step++) {
    const angles = edgeAngles([STEPS_X[step] * wide, STEPS_Y[step] * high], [wide, high]);
    for (const here of angles) {
      for (const there of angles) {
        // An edge has two ways: the one of the first pixel that goes with the step is meant.
        const both = here > Math.PI / 2 ? 2 * Math.PI - here - there : here + there;
        costs[at++] = FINENESS * WEIGHTS.direction * (2 / (3 * Math.PI)) * both;
      }
    }
  }
  return costs;
}

/** Angle between a step and the edges of pixels, from 0 to π, by the sector of their gradient. */
function edgeAngles([stepX, stepY], [wide, high]) {
  return Float64Array.from({ length: SECTORS }, (_, sector) => {
    const turn = (sector / SECTORS) * 2 * Math.PI;
    // Gradients are measured per pixel, angles in the patient; the edge runs across the gradient.
    const [edgeX, edgeY] = [-Math.sin(turn) / high, Math.cos(turn) / wide];
    const along = (edgeX * stepX + edgeY * stepY) / (Math.hypot(edgeX, edgeY) * Math.hypot(stepX, stepY));
    return Math.acos(Math.min(Math.max(along, -1), 1));
  });
}

/** Dijkstra's algorithm over an area of a picture whose pixels are counted row by row. */
function createSearch(edges, { left, top, right, bottom }, pixelSize, costs) {
  const { strength, sector, crossing, shape: [rows, columns] } = edges;
  const lengths = Array.from(STEPS_X, (x, step) => Math.hypot(x * pixelSize[0], STEPS_Y[step] * pixelSize[1]));
  const longest = Math.max(...lengths);
  const offsets = Int32Array.from(STEPS_X, (x, step) => STEPS_Y[step] * columns + x);
  const shares = Float64Array.from(lengths, (length) => length / longest);
  const turns = directionCosts(pixelSize);
  const total = new Int32Array(rows * columns).fill(UNKNOWN);
  const cameBy = new Uint8Array(rows * columns).fill(NOWHERE); // the step that led here
  const isDone = new Uint8Array(rows * columns);
  const buckets = Array.from({ length: 2 * FINENESS }, () => []); // by cost, in turn
  let cheapest = 0; // cost of the bucket being emptied
  let waiting = 0;

  function push(place, reached) {
    total[place] = reached;
    buckets[reached % buckets.length].push(place);
    waiting += 1;
  }

  function leave(place) {
    const y = Math.floor(place / columns);
    const x = place - y * columns;
    const from = sector[place] * SECTORS;
    const reachedHere = total[place];
    for (let step = 0; step < 8; step++) {
      const nextX = x + STEPS_X[step];
      const nextY = y + STEPS_Y[step];
      if (nextX < left || nextX >= right || nextY < top || nextY >= bottom) continue;
      const next = place + offsets[step];
      if (isDone[next] === 1) continue;
      edges.prepare(nextX, nextY);
      const cost = costs[strength[next] + (1 - crossing[next]) * STRENGTHS];
      const turn = turns[step * SECTORS * SECTORS + from + sector[next]];
      const reached = reachedHere + Math.max(1, Math.round((cost + turn) * shares[step]));
      if (reached >= total[next]) continue;
      cameBy[next] = step;
      push(next, reached);
    }
  }

  return {
    start: (place) => push(place, 0),
    reach(target, most) {
      for (let visited = 0; isDone[target] === 0 && waiting > 0 && visited < most; ) {
        const bucket = buckets[cheapest % buckets.length];
        if (bucket.length === 0) {
          cheapest += 1;
          continue;
        }
        const place = bucket.pop();
        waiting -= 1;
        if (isDone[place] === 1) continue;
        isDone[place] = 1;
        visited += 1;
        leave(place);
      }
      return isDone[target] === 1;
    },
    /** Places from the anchor to one that was reached. */
    trace(target) {
      const found = [target];
      for (let place = target; cameBy[place] !== NOWHERE; found.push(place)) {
        place -= offsets[cameBy[place]];
      }
      return found.reverse();
    },
  };
}
