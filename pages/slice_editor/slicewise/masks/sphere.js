// Which slices a sphere reaches, and how large it is there.

/**
 * Other slices that a sphere around a place on one slice reaches, the nearest first.
 *
 * @param {number[]} positions Of the slices along their normal, in the unit of the radius.
 * @param {number} middle The slice through its middle, which is left out.
 * @param {number} radius Of the sphere.
 * @param {number} most Slices that are returned at most.
 * @returns {{slice: number, radius: number}[]} With the radius of the circle on each.
 */
export function sphereSlices(positions, middle, radius, most) {
  const found = [];
  positions.forEach((position, slice) => {
    const distance = Math.abs(position - positions[middle]);
    if (slice !== middle && distance < radius) {
      found.push({ slice, distance, radius: Math.sqrt(radius * radius - distance * distance) });
    }
  });
  found.sort((one, other) => one.distance - other.distance || one.slice - other.slice);
  return found.slice(0, most).map(({ slice, radius: here }) => ({ slice, radius: here }));
}

/** Positions of slices in mm; without a scale, in distances that the series is taken to have. */
export function slicePositions({ positions, shape: [slices], spacing: [distance] }) {
  return positions ?? Array.from({ length: slices }, (_, slice) => slice * distance);
}

/**
 * How far a place on one slice lies from the same row and column on another, in columns and rows:
 * slices may be shifted against each other, as a tilted gantry leaves them.
 */
export function shiftBetween({ shifts, spacing: [, height, width] }, one, other) {
  if (!shifts) return [0, 0];
  const [along, down] = [0, 1].map((way) => shifts[one][way] - shifts[other][way]);
  return [along / width, down / height];
}
