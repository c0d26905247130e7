// Window and level, as core/display/grey.py computes them.

const OPAQUE = 0xff000000;

/**
 * Grey of every number as a little-endian RGBA pixel.
 *
 * @param {{center: number, width: number}} window In modality units.
 * @param {object} scale `offset`, `slope`, whether values are `counted` (whole numbers) and whether
 *   low values are bright (`inverted`).
 */
export function greyTable(window, { offset, slope, counted, inverted }) {
  const table = new Uint32Array(65536);
  const lowest = window.center - window.width / 2;
  const width = Math.max(window.width - (counted ? 1 : 0), 1e-6);
  for (let number = 0; number < 65536; number++) {
    const share = (offset + slope * number - lowest) / width;
    let grey = Math.round(Math.min(Math.max(share, 0), 1) * 255);
    if (inverted) grey = 255 - grey;
    table[number] = (OPAQUE | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
  return table;
}

/** Window after dragging: right widens, down lowers the level, a screen width is four widths. */
export function draggedWindow(window, dx, dy) {
  const step = Math.max(window.width, 1) / 300;
  return {
    name: "Custom",
    center: window.center + dy * step,
    width: Math.max(1, window.width + dx * step),
  };
}
