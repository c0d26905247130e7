// A brush that leaves pixels alone whose values lie outside a range.

import { beginPainting, continuePainting, endPainting } from "./painting.js";

export const threshold = {
  id: "threshold",
  name: "Threshold",
  key: "t",
  help: "Paint only pixels whose values lie in a range",
  icon: "M2 13h12M3 13V9M6 13V4M9 13V7M12 13v-3M2 6.500h12",
  options: ["mode", "size", "range"],
  cursor: "circle",
  begin(context, stroke) {
    const numbers = context.pixels();
    if (numbers === null) return false;
    const { range, info } = context.app;
    const [low, high] = range.map((value) => (value - info.offset) / info.slope);
    beginPainting(context, stroke, (place) => numbers[place] >= low && numbers[place] <= high);
    return true;
  },
  move: continuePainting,
  end: endPainting,
};
