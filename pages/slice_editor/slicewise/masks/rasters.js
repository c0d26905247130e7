// Exact rasters of brush strokes and polygons, as pages/simple_canvas/rasters.py draws them.
//
// A pixel belongs to a shape when its centre does. Points are in image pixels: the centre of the
// pixel in column c and row r lies at (c + 0.5, r + 0.5). A brush is round in the patient, so its
// radius and the pixel size are given in the same unit, such as mm.

export const TOUCHING = 1e-9; // a pixel centre this close outside the edge lies on it, but for rounding

/**
 * Pixels within `radius` of a line through points.
 *
 * @param {number[][]} points [x, y] in image pixels; one point is a dot.
 * @param {number} radius In the unit of `pixelSize`.
 * @param {number[]} pixelSize Width and height of a pixel.
 * @param {number[]} shape Rows and columns.
 * @param {(row: number, start: number, end: number) => void} paint Called for stretches of columns,
 *   which may overlap.
 */
export function coverStroke(points, radius, pixelSize, shape, paint) {
  const [width, height] = pixelSize;
  const reach = radius + TOUCHING;
  const place = points.map(([x, y]) => [x * width, y * height]);
  if (place.length === 1) place.push(place[0]);
  for (let index = 1; index < place.length; index++) {
    coverPiece(place[index - 1], place[index], reach, width, height, shape, paint);
  }
}

function coverPiece([x0, y0], [x1, y1], reach, width, height, [rows, columns], paint) {
  const first = Math.max(0, Math.ceil((Math.min(y0, y1) - reach) / height - 0.5));
  const last = Math.min(rows - 1, Math.floor((Math.max(y0, y1) + reach) / height - 0.5));
  for (let row = first; row <= last; row++) {
    const [low, high] = chordOf([x0, y0], [x1, y1], reach, (row + 0.5) * height);
    if (low > high) continue;
    const start = Math.max(0, Math.ceil(low / width - 0.5));
    const end = Math.min(columns - 1, Math.floor(high / width - 0.5)) + 1;
    if (start < end) paint(row, start, end);
  }
}

/**
 * Where a horizontal line lies within a distance of a piece: [lowest, highest], the lowest above the
 * highest where it does nowhere. All are in the same unit.
 */
export function chordOf([x0, y0], [x1, y1], reach, y) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  let low = Infinity;
  let high = -Infinity;
  for (const [x, middle] of [[x0, y0], [x1, y1]]) {
    const rest = reach * reach - (y - middle) * (y - middle);
    if (rest < 0) continue;
    const half = Math.sqrt(rest);
    low = Math.min(low, x - half);
    high = Math.max(high, x + half);
  }
  if (length === 0) return [low, high];
  const alongX = (x1 - x0) / length;
  const alongY = (y1 - y0) / length;
  // Beside the piece: 0 <= t <= length along it, and at most `reach` across it.
  const beside = between((y - y0) * alongY, alongX, 0, length);
  const near = between((y - y0) * alongX, -alongY, -reach, reach);
  const left = Math.max(beside[0], near[0]);
  const right = Math.min(beside[1], near[1]);
  return left <= right ? [Math.min(low, x0 + left), Math.max(high, x0 + right)] : [low, high];
}

/** Interval of d in which lowest <= value + d * slope <= highest. */
function between(value, slope, lowest, highest) {
  if (Math.abs(slope) < 1e-12) {
    return lowest <= value && value <= highest ? [-Infinity, Infinity] : [Infinity, -Infinity];
  }
  const one = (lowest - value) / slope;
  const other = (highest - value) / slope;
  return [Math.min(one, other), Math.max(one, other)];
}

/**
 * Pixels inside a closed polygon, by the non-zero winding rule.
 *
 * @param {number[][]} corners [x, y] in image pixels; the last joins the first.
 * @param {number[]} shape Rows and columns.
 * @param {(row: number, start: number, end: number) => void} paint Called for stretches of columns.
 */
export function coverPolygon(corners, [rows, columns], paint) {
  const crossings = new Map();
  for (let index = 0; index < corners.length; index++) {
    const one = corners[index];
    const other = corners[(index + 1) % corners.length];
    // From the same end whichever way it is walked: neighbours share an edge to the last bit.
    const down = other[1] > one[1];
    const [top, bottom] = down ? [one, other] : [other, one];
    const [x, y] = [top[0] - 0.5, top[1] - 0.5];
    const [endX, endY] = [bottom[0] - 0.5, bottom[1] - 0.5];
    const first = Math.ceil(clip(y, rows));
    const stop = Math.ceil(clip(endY, rows));
    for (let row = first; row < stop; row++) {
      const column = Math.ceil(clip(x + ((row - y) * (endX - x)) / (endY - y), columns));
      if (!crossings.has(row)) crossings.set(row, []);
      crossings.get(row).push([column, down ? 1 : -1]);
    }
  }
  for (const [row, found] of crossings) {
    found.sort((one, other) => one[0] - other[0]);
    let winding = 0;
    let start = 0;
    for (const [column, turn] of found) {
      if (winding !== 0 && column > start) paint(row, start, column);
      winding += turn;
      start = column;
    }
  }
}

/** Sets all pixels of a mask inside a closed polygon to a value. */
export function fillPolygon(mask, corners, shape, value) {
  coverPolygon(corners, shape, (row, start, end) =>
    mask.fill(value, row * shape[1] + start, row * shape[1] + end),
  );
}

function clip(value, most) {
  return Math.min(Math.max(value, 0), most);
}
