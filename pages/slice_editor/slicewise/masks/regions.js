// Work on whole masks: regions of like values, growing, shrinking, holes, the largest part.
//
// Masks are Uint8Arrays of 0 and 1, row by row; neighbours are the pixels left, right, above and
// below. Every function returns a new mask.

/**
 * Pixels that hang together with one pixel and whose values differ from its value by at most
 * `tolerance`.
 */
export function floodFill(values, [rows, columns], row, column, tolerance) {
  const middle = values[row * columns + column];
  const like = (place) => Math.abs(values[place] - middle) <= tolerance;
  return spread(like, rows, columns, [row * columns + column]);
}

/** The mask and its neighbours. */
export function grow(mask, [rows, columns]) {
  const grown = mask.slice();
  for (let place = mask.indexOf(1); place >= 0; place = mask.indexOf(1, place + 1)) {
    const column = place % columns;
    if (column > 0) grown[place - 1] = 1;
    if (column < columns - 1) grown[place + 1] = 1;
    if (place >= columns) grown[place - columns] = 1;
    if (place < (rows - 1) * columns) grown[place + columns] = 1;
  }
  return grown;
}

/** The mask without the pixels that touch background; the edge of the image is no background. */
export function shrink(mask, [rows, columns]) {
  const shrunk = mask.slice();
  for (let place = mask.indexOf(1); place >= 0; place = mask.indexOf(1, place + 1)) {
    const column = place % columns;
    if (
      (column > 0 && !mask[place - 1]) ||
      (column < columns - 1 && !mask[place + 1]) ||
      (place >= columns && !mask[place - columns]) ||
      (place < (rows - 1) * columns && !mask[place + columns])
    ) {
      shrunk[place] = 0;
    }
  }
  return shrunk;
}

/** The mask with the background that it encloses. */
export function fillHoles(mask, [rows, columns]) {
  const border = [];
  for (let column = 0; column < columns; column++) border.push(column, (rows - 1) * columns + column);
  for (let row = 0; row < rows; row++) border.push(row * columns, row * columns + columns - 1);
  const outside = spread((place) => mask[place] === 0, rows, columns, border);
  return outside.map((value) => 1 - value);
}

/** The largest of the parts that do not touch each other; the first of several equal ones. */
export function largestPart(mask, [rows, columns]) {
  const rest = mask.slice();
  let largest = new Uint8Array(mask.length);
  let most = 0;
  for (let place = rest.indexOf(1); place >= 0; place = rest.indexOf(1, place + 1)) {
    const part = spread((other) => rest[other] === 1, rows, columns, [place]);
    let pixels = 0;
    for (let other = part.indexOf(1); other >= 0; other = part.indexOf(1, other + 1)) {
      rest[other] = 0;
      pixels += 1;
    }
    if (pixels > most) [largest, most] = [part, pixels];
  }
  return largest;
}

function spread(wanted, rows, columns, seeds) {
  const found = new Uint8Array(rows * columns);
  const open = [];
  const visit = (place) => {
    if (found[place] === 0 && wanted(place)) {
      found[place] = 1;
      open.push(place);
    }
  };
  for (const seed of seeds) visit(seed);
  while (open.length > 0) {
    const place = open.pop();
    const column = place % columns;
    if (column > 0) visit(place - 1);
    if (column < columns - 1) visit(place + 1);
    if (place >= columns) visit(place - columns);
    if (place < (rows - 1) * columns) visit(place + columns);
  }
  return found;
}
