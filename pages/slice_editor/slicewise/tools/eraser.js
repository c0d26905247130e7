// Removes pixels under a circle.

import { beginPainting, continuePainting, endPainting } from "./painting.js";

export const eraser = {
  id: "eraser",
  name: "Erase",
  key: "e",
  help: "Remove pixels with a round eraser",
  icon: "M6 13h7M2.500 9.500 9 3l4 4-6.500 6H5z",
  options: ["size", "depth"],
  cursor: "circle",
  onPlanes: true,
  erases: true,
  begin: (context, stroke) => beginPainting(context, stroke),
  move: continuePainting,
  end: endPainting,
};
