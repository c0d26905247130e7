// How strongly edges run through the pixels of a picture, for paths along them (livewire.js).
//
// Gradient and Laplacian are taken of the picture as it is shown, smoothed by a binomial filter, in
// tiles that are computed when a search comes to them.

export const STRENGTHS = 256;
export const SECTORS = 64; // directions of gradients are told apart as finely as this
const TILE_BITS = 6; // tiles of 64 × 64 pixels
const MARGIN = 3; // pixels that blur, gradient and Laplacian need around a tile
const PER_GREY = 2; // strengths for a gradient of one grey level per pixel; half of 255 is the most

/**
 * @param {Uint16Array} numbers Of the slice, row by row.
 * @param {Uint32Array} greys Grey of every number in the lowest byte, see view/windowing.js.
 * @param {number[]} shape Rows and columns.
 * @returns {object} Row by row `strength` of the gradient, `sector` of its direction, and `crossing`, 1
 *   where the Laplacian changes its sign; they hold where `prepare(x, y)` was called.
 */
export function createEdgeMap(numbers, greys, [rows, columns]) {
  const [strength, sector, crossing] = [0, 0, 0].map(() => new Uint8Array(rows * columns));
  const tilesAcross = (columns >> TILE_BITS) + 1;
  const isReady = new Uint8Array(tilesAcross * ((rows >> TILE_BITS) + 1));
  return {
    shape: [rows, columns],
    strength,
    sector,
    crossing,
    prepare(x, y) {
      const tile = (y >> TILE_BITS) * tilesAcross + (x >> TILE_BITS);
      if (isReady[tile] === 1) return;
      isReady[tile] = 1;
      const [left, top] = [(x >> TILE_BITS) << TILE_BITS, (y >> TILE_BITS) << TILE_BITS];
      const area = {
        left,
        top,
        right: Math.min(columns, left + (1 << TILE_BITS)),
        bottom: Math.min(rows, top + (1 << TILE_BITS)),
      };
      fillTile({ strength, sector, crossing }, smoothed(numbers, greys, [rows, columns], area), area, columns);
    },
    /** The pixel [x, y] of the strongest edge within a reach of one; that one where all is flat. */
    strongestNear([x, y], reach) {
      const area = {
        left: Math.max(0, x - reach),
        top: Math.max(0, y - reach),
        right: Math.min(columns, x + reach + 1),
        bottom: Math.min(rows, y + reach + 1),
      };
      const blurred = smoothed(numbers, greys, [rows, columns], area);
      let [best, most] = [[x, y], 0];
      for (let row = area.top; row < area.bottom; row++) {
        for (let column = area.left; column < area.right; column++) {
          if (Math.hypot(column - x, row - y) > reach) continue;
          const strength = Math.hypot(...gradientAt(blurred, column - area.left, row - area.top));
          if (strength > most) [best, most] = [[column, row], strength];
        }
      }
      return best;
    },
  };
}

/** A rectangle of the picture and what its pixels need around it; the picture's edge is repeated. */
function smoothed(numbers, greys, [rows, columns], { left, top, right, bottom }) {
  const [width, height] = [right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
  const across = new Float32Array(width * height); // smoothed along rows
  const row = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    const from = Math.min(Math.max(top + y - MARGIN, 0), rows - 1) * columns;
    for (let x = 0; x < width; x++) {
      row[x] = greys[numbers[from + Math.min(Math.max(left + x - MARGIN, 0), columns - 1)]] & 0xff;
    }
    for (let x = 1; x < width - 1; x++) across[y * width + x] = (row[x - 1] + 2 * row[x] + row[x + 1]) / 4;
  }
  const values = new Float32Array(width * height);
  for (let at = width; at < width * (height - 1); at++) {
    values[at] = (across[at - width] + 2 * across[at] + across[at + width]) / 4;
  }
  return { values, width };
}

/** Change per pixel to the right and down (Sobel), in a rectangle that `smoothed` made. */
function gradientAt({ values, width }, x, y) {
  const here = (y + MARGIN) * width + x + MARGIN;
  const [up, down] = [here - width, here + width];
  const corners = values[down + 1] - values[up - 1];
  const others = values[up + 1] - values[down - 1];
  return [
    (corners + others + 2 * (values[here + 1] - values[here - 1])) / 8,
    (corners - others + 2 * (values[down] - values[up])) / 8,
  ];
}

function laplacianAt(values, width, at) {
  return values[at - 1] + values[at + 1] + values[at - width] + values[at + width] - 4 * values[at];
}

function fillTile({ strength, sector, crossing }, blurred, { left, top, right, bottom }, columns) {
  const { values, width } = blurred;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const place = y * columns + x;
      const at = (y - top + MARGIN) * width + x - left + MARGIN;
      crossing[place] = isCrossing(values, width, at) ? 1 : 0;
      const [across, down] = gradientAt(blurred, x - left, y - top);
      strength[place] = Math.min(Math.round(Math.hypot(across, down) * PER_GREY), STRENGTHS - 1);
      sector[place] = Math.round((Math.atan2(down, across) / (2 * Math.PI) + 1) * SECTORS) % SECTORS;
    }
  }
}

/** Whether the Laplacian changes its sign between a pixel and a neighbour, and is nearer to 0 here. */
function isCrossing(values, width, at) {
  const here = laplacianAt(values, width, at);
  const changesTo = (there) => here * there < 0 && Math.abs(here) <= Math.abs(there);
  return (
    changesTo(laplacianAt(values, width, at - 1)) || changesTo(laplacianAt(values, width, at + 1)) ||
    changesTo(laplacianAt(values, width, at - width)) || changesTo(laplacianAt(values, width, at + width))
  );
}
