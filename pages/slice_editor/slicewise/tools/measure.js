// Lengths between two places. They are shown on the slice until it is turned or they are cleared,
// whichever tool is chosen, and never become part of a mask.
//
// `app.lengths` holds them: pairs of places [column, row].

const COLOR = "#ffe082";
const END = 3.5; // CSS pixels, radius of what marks an end

export const measure = {
  id: "measure",
  name: "Measure",
  key: "r",
  help: "Drag to measure a length; drag an end to change it, Esc clears",
  icon: "M2 11l9-9 3 3-9 9zM5 8l1.500 1.500M7.500 5.500L9 7M10 3l1.500 1.500",
  options: ["lengths"],
  cursor: "crosshair",
  isViewOnly: true,
  begin(context, stroke) {
    const { lengths } = context.app;
    const [place] = stroke.points;
    const isNear = (end) => context.isNear(end, place);
    stroke.before = lengths.map((ends) => [...ends]);
    stroke.ends = lengths.find((ends) => ends.some(isNear));
    if (stroke.ends === undefined) {
      stroke.ends = [place, place];
      stroke.end = 1;
      lengths.push(stroke.ends);
    } else stroke.end = stroke.ends.findIndex(isNear);
    return true;
  },
  move(context, { ends, end }, places) {
    ends[end] = places.at(-1);
  },
  end(context, { ends }) {
    if (!context.isNear(...ends)) return;
    context.app.lengths = context.app.lengths.filter((one) => one !== ends);
  },
  interrupt(context, { before }) {
    context.app.lengths = before;
  },
  /** Takes back the newest length; returns whether there was one. */
  removeMark: ({ app }) => app.lengths.pop() !== undefined,
};

/** Length between two places [column, row], in mm, or in pixels of a series without a scale. */
export function lengthBetween([x, y], [otherX, otherY], [, height, width]) {
  return Math.hypot((otherX - x) * width, (otherY - y) * height);
}

/** Lines and texts of all lengths, see view/overlay.js. */
export function lengthsSketch({ lengths, info }) {
  const unit = info.inPatient ? "mm" : "px";
  return {
    lines: lengths.map((points) => ({ points, color: COLOR, width: 1.5, edged: true })),
    handles: lengths.flat().map((place) => ({ place, radius: END, color: COLOR, edged: true })),
    labels: lengths.map(([start, end]) => ({
      place: end,
      text: `${lengthBetween(start, end, info.spacing).toFixed(1)} ${unit}`,
      color: COLOR,
    })),
  };
}
