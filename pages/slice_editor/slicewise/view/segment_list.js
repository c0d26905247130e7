// The segments with how many of their slices are done and proposed.

import { element } from "./element.js";

const WITH_KEY = 9; // segments that a digit chooses

/**
 * @param {HTMLElement} list
 * @param {object} app
 * @param {(id: string) => void} act
 * @returns {(counts: (segment: number) => {done: number, proposed: number, ends: object}) => void} Shows them.
 */
export function createSegmentList(list, app, act) {
  let shown = "";
  return (counts) => {
    const entries = app.info.segments.map((one) => ({ ...one, ...counts(one.number) }));
    // Left alone while it stays the same: a new button would not have the focus of the old one.
    const now = JSON.stringify([entries, app.segment]);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...entries.map((one, index) => segmentButton(one, index, app.segment, act)));
  };
}

function segmentButton({ number, label, color, done, proposed, ends }, index, current, act) {
  const button = element("button", { type: "button" });
  button.dataset.segment = number;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-checked", String(number === current));
  const swatch = element("span", { className: "swatch" });
  swatch.style.background = `rgb(${color.join()})`;
  const text = element("span");
  const counted = `${done} done${proposed ? `, ${proposed} proposed` : ""}`;
  text.append(label, element("small", { textContent: counted }));
  const stated = extent(ends);
  if (stated !== "") text.append(element("small", { textContent: stated }));
  button.append(swatch, text);
  if (index < WITH_KEY) button.append(element("kbd", { textContent: index + 1 }));
  button.addEventListener("click", () => act(`segment ${index + 1}`));
  return button;
}

/** The stated ends, as a line below a segment's name says them; blank where there are none. */
function extent({ first, last }) {
  if (first === null && last === null) return "";
  if (first === null) return `to slice ${last + 1}`;
  return last === null ? `from slice ${first + 1}` : `slices ${first + 1}–${last + 1}`;
}
