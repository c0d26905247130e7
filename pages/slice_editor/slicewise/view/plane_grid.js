// A plane across the slices as a picture with even rows, however thick and however far apart the
// slices are. Depths grow downwards on the screen, in mm from the top of the first slab there.

const MOST_ROWS = 1024; // unless there are more slices
const NAMES = { A: "Coronal", P: "Coronal", L: "Sagittal", R: "Sagittal", H: "Axial", F: "Axial" };

/**
 * @param {object} info Of the series, as the server describes it.
 * @param {"row"|"column"} axis What the plane cuts: it runs along the other one.
 * @returns {object} `axis`; `count` and `step` (mm) of pixels along the plane; `across` and `gap` (mm)
 *   of the planes beside each other; `shape` and `spacing` of the picture, [rows, columns]; `slabs`,
 *   one for each slice: depths `low`, `high`, `middle`, and rows of the picture `top` to `bottom`;
 *   `shapeOfSlice`; `letters` at the left, right, top and bottom; `name`.
 */
export function createPlaneGrid(info, axis) {
  const { shape: [, rows, columns], spacing: [, height, width], letters, normal } = info;
  const [count, step] = axis === "row" ? [columns, width] : [rows, height];
  const isFlipped = normal[0].startsWith("F"); // heads are up
  const depths = slabDepths(info, isFlipped);
  const total = Math.max(...depths.map(({ high }) => high));
  const thinnest = Math.min(...depths.map(({ low, high }) => high - low));
  // Whole numbers of rows for each slab where they are equally thick; about square pixels.
  const wanted = thinnest / Math.max(1, Math.round(thinnest / step));
  const rowStep = Math.max(wanted, total / Math.max(MOST_ROWS, depths.length));
  const size = Math.max(1, Math.round(total / rowStep));
  const slabs = depths.map((one) => {
    const top = Math.min(Math.round(one.low / rowStep), size - 1);
    return { ...one, top, bottom: Math.min(Math.max(Math.round(one.high / rowStep), top + 1), size) };
  });
  return {
    axis,
    count,
    step,
    across: axis === "row" ? rows : columns,
    gap: axis === "row" ? height : width,
    shape: [size, count],
    spacing: [total / size, step],
    slabs,
    shapeOfSlice: [rows, columns],
    letters: [...(axis === "row" ? letters.slice(0, 2) : letters.slice(2)), ...(isFlipped ? normal.toReversed() : normal)],
    name: NAMES[letters[axis === "row" ? 3 : 1][0]] ?? `Along the ${axis}s`,
  };
}

/** Where each slice begins, has its middle, and ends. */
function slabDepths({ shape: [slices], spacing: [distance], positions, reach }, isFlipped) {
  const found = Array.from({ length: slices }, (_, slice) => {
    const middle = positions?.[slice] ?? slice * distance;
    const [down, up] = reach?.[slice] ?? [distance / 2, distance / 2];
    return isFlipped
      ? { low: -middle - up, middle: -middle, high: -middle + down }
      : { low: middle - down, middle, high: middle + up };
  });
  const first = Math.min(...found.map(({ low }) => low));
  return found.map(({ low, middle, high }) => ({ low: low - first, middle: middle - first, high: high - first }));
}

/** The slice at a depth in mm, or the nearest one. */
export function sliceAt({ slabs }, depth) {
  const away = ({ low, high }) => Math.max(low - depth, depth - high, 0);
  return slabs.reduce((best, slab, slice) => (away(slab) < away(slabs[best]) ? slice : best), 0);
}

/**
 * Numbers of the picture, interpolated between the middles of the slices: for viewing only.
 *
 * @param {object} grid
 * @param {Uint16Array} numbers Of the plane, one row for each slice.
 */
export function interpolatePlane({ shape: [rows, count], spacing: [rowStep], slabs }, numbers) {
  const order = slabs.map((_, slice) => slice).sort((one, other) => slabs[one].middle - slabs[other].middle);
  const picture = new Uint16Array(rows * count);
  let next = 0; // in the order, the first slice whose middle lies below the row
  for (let row = 0; row < rows; row++) {
    const depth = (row + 0.5) * rowStep;
    while (next < order.length && slabs[order[next]].middle < depth) next++;
    const above = order[Math.max(next - 1, 0)];
    const below = order[Math.min(next, order.length - 1)];
    const [from, to] = [slabs[above].middle, slabs[below].middle];
    const share = from < to ? (depth - from) / (to - from) : 0;
    for (let place = 0; place < count; place++) {
      const [one, other] = [numbers[above * count + place], numbers[below * count + place]];
      picture[row * count + place] = Math.round(one + (other - one) * share);
    }
  }
  return picture;
}

/** Stretches of rows [start, end] that lie in no slice, such as where slices are missing. */
export function gapsOf({ shape: [rows], slabs }) {
  const gaps = [];
  let reached = 0;
  for (const { top, bottom } of slabs.toSorted((one, other) => one.top - other.top)) {
    if (top > reached) gaps.push([reached, top]);
    reached = Math.max(reached, bottom);
  }
  if (reached < rows) gaps.push([reached, rows]);
  return gaps;
}
