// Marks of a place on a picture.

const LENGTH = 9; // CSS pixels from the middle of the cross to its ends

/** Marks a place, leaving the pixels under it free. */
export function drawCross(context, { x, y }) {
  for (const [width, style] of [[3, "rgb(0 0 0 / 60%)"], [1.2, "rgb(255 224 130)"]]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + (dx * LENGTH) / 3, y + (dy * LENGTH) / 3);
      context.lineTo(x + dx * LENGTH, y + dy * LENGTH);
    }
    context.stroke();
  }
}
