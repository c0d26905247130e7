// Outlines of masks along the edges of their pixels.

const STEP_X = [1, 0, -1, 0];
const STEP_Y = [0, 1, 0, -1];

/**
 * Closed outlines of a mask.
 *
 * Every outline keeps the mask at its right hand, so holes run the other way round; parts that
 * touch at a corner only are separate.
 *
 * @param {Uint8Array} mask 0 and 1, row by row.
 * @param {number[]} shape Rows and columns.
 * @returns {number[][]} Corners x, y, x, y, … of each, in image pixels.
 */
export function outlines(mask, [rows, columns]) {
  const inside = (x, y) =>
    x >= 0 && y >= 0 && x < columns && y < rows && mask[y * columns + x] === 1;
  const seen = new Set(); // pixels whose upper edge belongs to an outline already
  const found = [];
  let start = mask.indexOf(1);
  while (start >= 0) {
    const row = Math.floor(start / columns);
    const rowEnd = (row + 1) * columns;
    const background = mask.indexOf(0, start);
    const end = background < 0 || background > rowEnd ? rowEnd : background;
    // Only pixels with background above them can begin an outline.
    for (let place = nextUpper(start, end); place < end; place = nextUpper(place + 1, end)) {
      if (!seen.has(place)) found.push(follow(place % columns, row, inside, seen, columns));
    }
    start = mask.indexOf(1, end);
  }
  return found;

  function nextUpper(from, end) {
    if (from < columns) return from;
    const above = mask.indexOf(0, from - columns);
    return above < 0 ? end : above + columns;
  }
}

function follow(startX, startY, inside, seen, columns) {
  const corners = [];
  let x = startX;
  let y = startY;
  let way = 0;
  do {
    if (way === 0) seen.add(y * columns + x);
    x += STEP_X[way];
    y += STEP_Y[way];
    // The two pixels ahead, at the right and at the left hand.
    let right;
    let left;
    if (way === 0) [right, left] = [inside(x, y), inside(x, y - 1)];
    else if (way === 1) [right, left] = [inside(x - 1, y), inside(x, y)];
    else if (way === 2) [right, left] = [inside(x - 1, y - 1), inside(x - 1, y)];
    else [right, left] = [inside(x, y - 1), inside(x - 1, y - 1)];
    if (!right) {
      corners.push(x, y);
      way = (way + 1) % 4;
    } else if (left) {
      corners.push(x, y);
      way = (way + 3) % 4;
    }
  } while (x !== startX || y !== startY || way !== 0);
  return corners;
}
