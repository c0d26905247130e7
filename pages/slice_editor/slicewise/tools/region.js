// A click fills the connected pixels with similar values.

import { floodFill } from "../masks/regions.js";

export const region = {
  id: "region",
  name: "Region",
  key: "f",
  help: "Click to fill connected pixels with similar values",
  icon: "M3 8l5-5 5 5-5 5zM13.500 11.500c0 1 .5 1 .5 2",
  options: ["mode", "tolerance"],
  cursor: "crosshair",
  isClick: true,
  end(context, { points: [place], erase }) {
    const { tolerance, info } = context.app;
    const [numbers, pixel] = [context.pixels(), context.pixelAt(place)];
    if (numbers === null || pixel === null) return;
    const found = floodFill(numbers, context.shape, ...pixel, tolerance / info.slope);
    const mask = context.mask();
    for (let at = 0; at < mask.length; at++) if (found[at] === 1) mask[at] = erase ? 0 : 1;
    context.store(mask, "region", erase);
  },
};
