// A click shows the two planes across the slices through that place.

const FAR = 1e5; // image pixels, beyond the edge of any screen
const COLOR = "rgb(255 224 130 / 80%)";

export const crosshair = {
  id: "crosshair",
  name: "Cross-hair",
  key: "x",
  help: "Click to show the two planes through this place",
  icon: "M8 1.500v5M8 9.500v5M1.500 8h5M9.500 8h5",
  options: [],
  cursor: "crosshair",
  isClick: true,
  isViewOnly: true,
  begin(context, { points: [place] }) {
    const pixel = context.pixelAt(place);
    if (pixel !== null) context.setCross(pixel);
    return false;
  },
  sketch(context) {
    // The page for reviewing begins with this tool, and lines would lie over what is looked at.
    if (context.app.review !== null) return {};
    const [y, x] = context.app.cross.map((one) => one + 0.5);
    const style = { color: COLOR, width: 1 };
    return {
      lines: [
        { points: [[x, -FAR], [x, FAR]], ...style },
        { points: [[-FAR, y], [FAR, y]], ...style },
      ],
    };
  },
};
