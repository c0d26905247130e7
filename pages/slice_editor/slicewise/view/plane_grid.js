// A plane across the slices as a picture with even rows, however thick and however far apart the
// slices are. Depths grow downwards on the screen, in mm from the top of the first slab there.
//
// Slices that are shifted against each other (a tilted gantry) lie on the plane as in the patient:
// along it by whole pixels, and as far apart as they are on the plane, which is then not upright.

const MOST_ROWS = 1024; // unless there are more slices
const NAMES = { A: "Coronal", P: "Coronal", L: "Sagittal", R: "Sagittal", H: "Axial", F: "Axial" };

/**
 * @param {object} info Of the series, as the server describes it.
 * @param {"row"|"column"} axis What the plane cuts: it runs along the other one.
 * @returns {object} `axis`; `count` and `step` (mm) of a slice's pixels along the plane; `across` and
 *   `gap` (mm) of the planes beside each other, and by how much deeper than on the plane before the
 *   same place lies, `slide` (mm); `shape` and `spacing` of the picture, [rows, columns]; `slabs`, one
 *   for each slice: depths `low`, `high`, `middle`, rows of the picture `top` to `bottom`, and the
 *   column of its first pixel, `left`; `shapeOfSlice`; `letters` at the left, right, top and bottom;
 *   `name`.
 */
export function createPlaneGrid(info, axis) {
  const { shape: [, rows, columns], spacing: [, height, width], letters } = info;
  const [count, step] = axis === "row" ? [columns, width] : [rows, height];
  const gap = axis === "row" ? height : width;
  const upright = info.upright[axis];
  const isFlipped = upright[0].startsWith("F"); // heads are up
  const slope = slopeOf(info, axis);
  const depths = slabDepths(info, axis, slope, isFlipped);
  const lefts = shiftsOf(info, axis === "row" ? 0 : 1).map((shift) => Math.round(shift / step));
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
  const leftmost = Math.min(...lefts);
  slabs.forEach((slab, slice) => (slab.left = lefts[slice] - leftmost));
  return {
    axis,
    count,
    step,
    across: axis === "row" ? rows : columns,
    gap: gap / Math.hypot(1, slope),
    slide: ((isFlipped ? -1 : 1) * gap * slope) / Math.hypot(1, slope),
    shape: [size, count + Math.max(...lefts) - leftmost],
    spacing: [total / size, step],
    slabs,
    shapeOfSlice: [rows, columns],
    letters: [...(axis === "row" ? letters.slice(0, 2) : letters.slice(2)), ...(isFlipped ? upright.toReversed() : upright)],
    name: NAMES[letters[axis === "row" ? 3 : 1][0]] ?? `Along the ${axis}s`,
  };
}

/** How far the slices are shifted in mm, along their rows (0) or their columns (1). */
function shiftsOf({ shape: [slices], shifts }, way) {
  return Array.from({ length: slices }, (_, slice) => shifts?.[slice][way] ?? 0);
}

/** Shift across the plane for each mm along the normal; 0 where the plane is upright. */
function slopeOf(info, axis) {
  const { positions } = info;
  if (!positions || positions.length < 2) return 0;
  const shifts = shiftsOf(info, axis === "row" ? 1 : 0);
  return (shifts.at(-1) - shifts[0]) / (positions.at(-1) - positions[0]);
}

/** Where each slice begins, has its middle, and ends: depths on the plane, not along the normal. */
function slabDepths(info, axis, slope, isFlipped) {
  const { shape: [slices], spacing: [distance], positions, reach } = info;
  const shifts = shiftsOf(info, axis === "row" ? 1 : 0);
  const stretch = Math.hypot(1, slope);
  const found = Array.from({ length: slices }, (_, slice) => {
    const middle = ((positions?.[slice] ?? slice * distance) + slope * shifts[slice]) / stretch;
    const [down, up] = (reach?.[slice] ?? [distance / 2, distance / 2]).map((one) => one * stretch);
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
 * Numbers of the picture, interpolated between the middles of the slices: for viewing only. Where
 * one of two slices does not reach, the other one counts alone.
 *
 * @param {object} grid
 * @param {Uint16Array} numbers Of the plane, one row for each slice.
 */
export function interpolatePlane({ shape: [rows, width], count, spacing: [rowStep], slabs }, numbers) {
  const order = slabs.map((_, slice) => slice).sort((one, other) => slabs[one].middle - slabs[other].middle);
  const picture = new Uint16Array(rows * width);
  let next = 0; // in the order, the first slice whose middle lies below the row
  for (let row = 0; row < rows; row++) {
    const depth = (row + 0.5) * rowStep;
    while (next < order.length && slabs[order[next]].middle < depth) next++;
    const above = order[Math.max(next - 1, 0)];
    const below = order[Math.min(next, order.length - 1)];
    const [from, to] = [slabs[above].middle, slabs[below].middle];
    const share = from < to ? (depth - from) / (to - from) : 0;
    const [left, right] = [slabs[above].left, slabs[below].left];
    for (let place = Math.min(left, right); place < Math.max(left, right) + count; place++) {
      const [upper, lower] = [place - left, place - right];
      const isOnUpper = upper >= 0 && upper < count;
      const isOnLower = lower >= 0 && lower < count;
      if (!isOnUpper && !isOnLower) continue;
      const one = numbers[isOnUpper ? above * count + upper : below * count + lower];
      const other = numbers[isOnLower ? below * count + lower : above * count + upper];
      picture[row * width + place] = Math.round(one + (other - one) * share);
    }
  }
  return picture;
}

/** Stretches of pixels [start, end] that lie in no slice, such as where slices are missing. */
export function gapsOf({ shape: [rows, width], count, slabs }) {
  const covered = new Array(rows).fill(null); // row -> [first, last + 1] column of slices
  for (const { top, bottom, left } of slabs) {
    for (let row = top; row < bottom; row++) {
      const [start, end] = covered[row] ?? [left, left + count];
      covered[row] = [Math.min(start, left), Math.max(end, left + count)];
    }
  }
  const gaps = [];
  let reached = 0;
  covered.forEach((part, row) => {
    if (part === null) return;
    if (row * width + part[0] > reached) gaps.push([reached, row * width + part[0]]);
    reached = row * width + part[1];
  });
  if (reached < rows * width) gaps.push([reached, rows * width]);
  return gaps;
}
