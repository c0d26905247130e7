// A tick for every slice: its state, its expected quality, the current one marked, click to go.

import { isBeyond, nameOfEnd } from "../model/ends.js";
import { element } from "./element.js";

const LEGEND_QUALITY = 0.6; // of the tick that stands for proposals in the legend

/**
 * @param {HTMLElement} parent
 * @param {number} slices
 * @param {object} states What the server says of every state: its name, colour and legend.
 * @param {(slice: number) => void} choose
 */
export function createStrip(parent, slices, states, choose) {
  let current = -1;
  const ticks = Array.from({ length: slices }, (_, slice) => {
    const tick = element("button", { type: "button", tabIndex: -1 });
    tick.addEventListener("click", () => choose(slice));
    return tick;
  });
  parent.replaceChildren(...ticks);

  return {
    /** Shows the state of a slice, and what it is for the segment's ends. */
    set(slice, { state, expected }, ends) {
      const quality = state === "proposed" ? expected : null;
      const title =
        `Slice ${slice + 1}: ${states[state].name}` +
        (quality === null ? "" : `, expected Dice ${quality.toFixed(2)}`) +
        nameOfEnd(ends, slice).replace(/^(?=.)/, ", ");
      const tick = ticks[slice];
      if (tick.title === title) return;
      tick.title = title;
      tick.setAttribute("aria-label", title);
      tick.className = `tick ${state}${slice === current ? " current" : ""}`;
      tick.classList.toggle("first", slice === ends.first);
      tick.classList.toggle("last", slice === ends.last);
      tick.classList.toggle("beyond", isBeyond(ends, slice));
      if (quality === null) tick.style.removeProperty("--quality");
      else tick.style.setProperty("--quality", quality);
    },
    mark(slice) {
      ticks[current]?.classList.remove("current");
      ticks[current]?.removeAttribute("aria-current");
      current = slice;
      ticks[current]?.classList.add("current");
      ticks[current]?.setAttribute("aria-current", "true");
    },
  };
}

/** Fills the legend, and gives the style sheet the colours of the states. */
export function showLegend(root, states) {
  const entries = [];
  for (const [state, { color, legend }] of Object.entries(states)) {
    if (color !== null) root.style.setProperty(`--state-${state}`, color);
    if (legend === null) continue;
    const tick = element("i", { className: `tick ${state}` });
    tick.style.setProperty("--quality", LEGEND_QUALITY);
    const entry = element("span");
    entry.append(tick, legend);
    entries.push(entry);
  }
  const bracket = element("i", { className: "tick first last" });
  const entry = element("span");
  entry.append(bracket, "first and last slice");
  entries.push(entry);
  root.querySelector(".legend").replaceChildren(...entries);
}
