// A tick for every slice: its state, its expected quality, the current one marked, click to go.

import { isBeyond, nameOfEnd } from "../model/ends.js";
import { element } from "./element.js";

const LEGEND_QUALITY = 0.6; // of the tick that stands for proposals in the legend

/**
 * @param {HTMLElement} parent
 * @param {number} slices
 * @param {object} states What the server says of every state: its name, colour and legend.
 * @param {(slice: number) => void} choose
 * @param {((range: {first: number, last: number}) => void)|null} sweep Takes the slices that the
 *   pointer was dragged over; null where dragging means nothing.
 */
export function createStrip(parent, slices, states, choose, sweep = null) {
  let current = -1;
  const ticks = Array.from({ length: slices }, (_, slice) => {
    const tick = element("button", { type: "button", tabIndex: -1 });
    tick.addEventListener("click", () => choose(slice));
    return tick;
  });
  parent.style.setProperty("--slices", slices);
  parent.replaceChildren(...ticks);
  if (sweep !== null) listenToSweeping(parent, slices, sweep);

  return {
    /** Shows the state of a slice, what it is for the ends, why it stands out, and open comments. */
    set(slice, { state, expected }, ends, jump = "", isCommented = false) {
      const quality = state === "proposed" ? expected : null;
      const title =
        `Slice ${slice + 1}: ${states[state].name}` +
        (state === "proposed" ? `, ${qualityText(quality)}` : "") +
        nameOfEnd(ends, slice).replace(/^(?=.)/, ", ") +
        jump.replace(/^(?=.)/, ", ") +
        (isCommented ? ", open comment" : "");
      const tick = ticks[slice];
      if (tick.title === title) return;
      tick.title = title;
      tick.setAttribute("aria-label", title);
      tick.className = `tick ${state}${slice === current ? " current" : ""}`;
      tick.classList.toggle("first", slice === ends.first);
      tick.classList.toggle("last", slice === ends.last);
      tick.classList.toggle("beyond", isBeyond(ends, slice));
      tick.classList.toggle("jumps", jump !== "");
      tick.classList.toggle("commented", isCommented);
      tick.classList.toggle("unknown", state === "proposed" && quality === null);
      if (quality === null) tick.style.removeProperty("--quality");
      else tick.style.setProperty("--quality", quality);
    },
    /** Marks the slices that were swept over; null for none. */
    sweep(range) {
      ticks.forEach((tick, slice) => {
        tick.classList.toggle("swept", range !== null && slice >= range.first && slice <= range.last);
      });
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

/** Expected quality of a proposal in words. */
export function qualityText(expected) {
  return expected === null ? "quality unknown" : `expected Dice ${expected.toFixed(2)}`;
}

/** From how many other series a proposal was made, and whether from drawn slices too; blank where from these alone. */
export function originText(teachers = 0, joined = false) {
  if (teachers === 0) return "";
  return `from ${joined ? "drawn slices and " : ""}${teachers} earlier series`;
}

/** Takes the pointer that is dragged from one slice to another; a click stays a click. */
function listenToSweeping(parent, slices, sweep) {
  let from = null;
  let to = null;

  function sliceAt(event) {
    const { left, width } = parent.getBoundingClientRect();
    const slice = Math.floor(((event.clientX - left) / width) * slices);
    return Math.min(Math.max(slice, 0), slices - 1);
  }

  parent.addEventListener("pointerdown", (event) => {
    if (event.button === 0) [from, to] = [sliceAt(event), null];
  });
  parent.addEventListener("pointermove", (event) => {
    if (from === null || (to === null && sliceAt(event) === from)) return;
    parent.setPointerCapture(event.pointerId);
    to = sliceAt(event);
    sweep({ first: Math.min(from, to), last: Math.max(from, to) });
  });
  for (const end of ["pointerup", "pointercancel"]) {
    parent.addEventListener(end, () => (from = null));
  }
  parent.addEventListener("click", (event) => {
    if (to === null) return;
    to = null;
    event.stopPropagation();
  }, { capture: true });
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
