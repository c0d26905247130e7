// Figures of the segment being worked on: on the slice shown, and in all.

import { countPixels, statistics, volumes } from "../model/figures.js";
import { element } from "./element.js";

const CM2 = 100; // mm²
const NOTHING = "–";

/**
 * @param {object} screen See screen.js.
 * @returns {() => void} Shows the figures as they are now.
 */
export function createFigures({ app, find }) {
  const list = find(".figures");
  return () => {
    const rows = Object.entries(figuresOf(app)).flatMap(([name, text]) => [
      element("dt", { textContent: name }),
      element("dd", { textContent: text }),
    ]);
    list.replaceChildren(...rows);
  };
}

/** Names and texts of all figures. */
export function figuresOf({ annotation, info, pixels, segment, slice }) {
  const [, rows, columns] = info.shape;
  const { code } = annotation.shown(segment, slice);
  const numbers = pixels.get(slice);
  const found = numbers === null ? null : statistics(code, numbers, info);
  const figures = {
    Area: areaText(countPixels(code, rows * columns), info),
    Mean: found === null ? NOTHING : valueText(found.mean, info),
    SD: found === null ? NOTHING : valueText(found.deviation, info),
  };
  if (info.thickness !== null) {
    const { all, proposed } = volumes((one) => annotation.shown(segment, one), info);
    figures.Volume = volumeText(all);
    // Always there: what lies below must not move when proposals come.
    figures["of it proposed"] = volumeText(proposed);
  }
  return figures;
}

function areaText(count, { spacing: [, height, width], inPatient }) {
  if (count === 0) return NOTHING;
  if (!inPatient) return `${count} px`;
  const area = count * height * width;
  return area < CM2 ? `${area.toFixed(1)} mm²` : `${(area / CM2).toFixed(2)} cm²`;
}

function valueText(value, { counted, unit }) {
  return `${counted ? value.toFixed(1) : value.toPrecision(4)} ${unit}`.trim();
}

function volumeText(ml) {
  if (ml === 0) return NOTHING;
  return `${ml < 10 ? ml.toFixed(2) : ml.toFixed(1)} ml`;
}
