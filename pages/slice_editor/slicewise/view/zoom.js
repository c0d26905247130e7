// Where the slice lies on the screen. Lengths on the screen are CSS pixels.
//
// A view is {scale, x, y}: CSS pixels per mm, and the place of the image's upper left corner.

const CLOSEST = 60; // CSS pixels per image pixel
const FARTHEST = 0.25; // of the size that fits

/** View that shows the whole slice in the middle. */
export function fitView([rows, columns], [height, width], screen) {
  const scale = Math.min(screen.width / (columns * width), screen.height / (rows * height));
  return {
    scale,
    x: (screen.width - columns * width * scale) / 2,
    y: (screen.height - rows * height * scale) / 2,
  };
}

/** View magnified by a factor, with the point under the cursor staying where it is. */
export function zoomView(view, factor, at, shape, spacing, screen) {
  const fit = fitView(shape, spacing, screen).scale;
  const most = CLOSEST / Math.min(...spacing);
  const scale = Math.min(Math.max(view.scale * factor, fit * FARTHEST), Math.max(most, fit));
  const ratio = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
}

/** Image coordinates [column, row], where pixel centres lie at .5, of a place on the screen. */
export function toImage(view, [height, width], at) {
  return [(at.x - view.x) / (width * view.scale), (at.y - view.y) / (height * view.scale)];
}

/** Place on the screen of image coordinates. */
export function toScreen(view, [height, width], [column, row]) {
  return { x: view.x + column * width * view.scale, y: view.y + row * height * view.scale };
}

/** Length in mm, round in the decimal system, and its length on the screen, for a scale bar. */
export function scaleBar(view, longest) {
  const most = longest / view.scale;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((one) => one * power).find((one) => one <= most) ?? power;
  return { length, pixels: length * view.scale };
}
