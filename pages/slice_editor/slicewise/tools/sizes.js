// Sizes of the brush.

const STEPS = 40;

/** Diameters in mm from the smallest to the largest: equal ratios feel equal. */
export function brushSizes([, height, width], [, rows, columns]) {
  const least = Math.min(height, width);
  const most = Math.min(rows * height, columns * width) / 3;
  return Array.from({ length: STEPS + 1 }, (_, step) => least * (most / least) ** (step / STEPS));
}

/** Step of the size nearest to another one. */
export function nearestSize(sizes, wanted) {
  const distance = (step) => Math.abs(sizes[step] - wanted);
  return sizes.reduce((best, _, step) => (distance(step) < distance(best) ? step : best), 0);
}
