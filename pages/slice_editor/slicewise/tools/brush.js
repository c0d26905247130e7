// Paints with a circle that is round in the patient.

import { beginPainting, continuePainting, endPainting } from "./painting.js";

export const brush = {
  id: "brush",
  name: "Brush",
  key: "b",
  help: "Paint the structure with a round brush",
  icon: "M3 13c2 0 3-1 3-2.500a1.500 1.500 0 0 1 3 0C9 12.500 7 14 3 13zM8 9l5-7 1 1-5 7",
  options: ["size", "depth"],
  cursor: "circle",
  onPlanes: true,
  begin: (context, stroke) => beginPainting(context, stroke),
  move: continuePainting,
  end: endPainting,
};
