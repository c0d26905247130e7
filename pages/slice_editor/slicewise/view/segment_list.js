// The segments with how many of their slices are done and proposed, buttons that lock and hide each,
// and what else can be set for the one that is worked on.

import { isolated } from "../model/bidirectional.js";
import { element } from "./element.js";
import { icon } from "./icons.js";

const WITH_KEY = 9; // segments that a digit chooses
const FEW = 4; // segments up to which all are shown at once
const WITH_SEARCH = 8; // segments from which on they can be searched
const EVERY = "All";
const STATES = new Map([
  [EVERY, () => true],
  ["To review", ({ proposed }) => proposed > 0],
  ["Begun", ({ done }) => done > 0],
  ["Not begun", ({ done, proposed }) => done + proposed === 0],
]);

/**
 * @param {HTMLElement} root Holds `.segment-find` with `.segment-search` and `.segment-group`, `.segment-list` and
 *   `.segment-display`.
 * @param {object} app
 * @param {(id: string, value?: number) => void} act
 * @returns {(counts: (segment: number) => {done: number, proposed: number, ends: object}) => void} Shows them.
 */
export function createSegmentList(root, app, act) {
  const [find, search, group, list, display] = ["find", "search", "group", "list", "display"].map((name) =>
    root.querySelector(`.segment-${name}`));
  const slider = opacitySlider(act);
  let entries = [];
  let [shown, controlled] = ["", ""];

  function show() {
    find.hidden = entries.length < WITH_SEARCH;
    list.classList.toggle("few", entries.length <= FEW);
    listGroups(group, entries);
    const wanted = find.hidden ? "" : search.value.trim().toLocaleLowerCase();
    const chosen = find.hidden ? EVERY : group.value;
    const found = entries.filter((one) => one.label.toLocaleLowerCase().includes(wanted) && isIn(one, chosen));
    // Left alone while it stays the same: a new button would not have the focus of the old one.
    const now = JSON.stringify([found, app.segment, wanted, chosen]);
    if (now === shown) return;
    shown = now;
    const empty = element("p", { className: "hint", textContent: wanted ? "No segment has this name." : "No segment is in this group." });
    keepingPlace(root, list, () => {
      list.replaceChildren(...(found.length > 0 ? found.map((one) => segmentRow(one, app.segment, act)) : [empty]));
    });
  }

  /** Controls for the segment that is worked on, where there are others. */
  function showControls() {
    const entry = entries.find(({ number }) => number === app.segment);
    const controls = entry === undefined || entries.length < 2 ? [] : buttonsOf(entry, entries.length);
    const now = JSON.stringify([entry?.number, entry?.label, entry?.solo, entry?.index, entries.length]);
    if (now === controlled) return;
    controlled = now;
    if (entry !== undefined) setSlider(slider, entry.label, app.display.opacityOf(entry.number));
    keepingPlace(root, list, () => display.replaceChildren(...(controls.length > 0 ? [slider, ...controls] : [])));
  }

  search.oninput = show;
  group.onchange = show;
  return (counts) => {
    const before = list.querySelector("[aria-checked=true]")?.dataset.segment;
    entries = app.display.sorted(app.info.segments).map((one, index) => ({
      ...one,
      ...counts(one.number),
      index,
      locked: app.display.isLocked(one.number),
      hidden: !app.display.isShown(one.number),
      solo: app.display.isSolo(one.number),
    }));
    show();
    showControls();
    if (before !== String(app.segment)) scrollTo(list, list.querySelector("[aria-checked=true]"));
  };
}

/** Fills the menu of groups: by what is done, and by category where there are several. */
function listGroups(menu, entries) {
  const categories = [...new Set(entries.map(({ category }) => category))];
  const groups = [...STATES.keys(), ...(categories.length > 1 ? categories : [])];
  if (JSON.stringify(groups) === JSON.stringify([...menu.options].map(({ value }) => value))) return;
  const chosen = menu.value;
  menu.replaceChildren(...groups.map((one) => element("option", { value: one, textContent: one })));
  menu.value = groups.includes(chosen) ? chosen : EVERY;
}

/** Whether a segment belongs to a group. */
export function isIn(entry, group) {
  return STATES.get(group)?.(entry) ?? entry.category === group;
}

/** Replaces content, after which the focus and what is scrolled are where they were. */
function keepingPlace(root, list, replace) {
  const { activeElement } = root.getRootNode();
  const id = root.contains(activeElement) ? (activeElement.dataset.do ?? activeElement.dataset.segment) : undefined;
  const { scrollTop } = list;
  replace();
  list.scrollTop = scrollTop;
  if (id === undefined) return;
  const again = [...root.querySelectorAll("[data-do], [data-segment]")];
  again.find((one) => (one.dataset.do ?? one.dataset.segment) === id)?.focus({ preventScroll: true });
}

/** Scrolls the list, and nothing around it. */
function scrollTo(list, chosen) {
  const row = chosen?.parentElement;
  if (!row) return;
  const [box, place] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  if (place.top < box.top) list.scrollTop -= box.top - place.top;
  else if (place.bottom > box.bottom) list.scrollTop += place.bottom - box.bottom;
}

function segmentRow(entry, current, act) {
  const row = element("div", { className: "segment-row" });
  row.classList.toggle("unseen", entry.hidden);
  const { number, hidden, locked } = entry;
  const label = isolated(entry.label);
  row.append(
    segmentButton(entry, current, act),
    toggle(`hide ${number}`, hidden ? "hidden" : "shown", `${hidden ? "Show" : "Hide"} ${label}`, hidden),
    toggle(`lock ${number}`, locked ? "locked" : "open", `${locked ? "Unlock" : "Lock"} ${label}`, locked),
  );
  return row;
}

function segmentButton({ number, label, color, done, proposed, ends, index }, current, act) {
  const button = element("button", { type: "button", className: "segment", title: label });
  button.dataset.segment = number;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-checked", String(number === current));
  const swatch = element("span", { className: "swatch" });
  swatch.style.background = `rgb(${color.join()})`;
  const text = element("span", { className: "text" });
  const counted = `${done} done${proposed ? `, ${proposed} proposed` : ""}`;
  const name = element("span", { className: "name", textContent: label });
  name.setAttribute("dir", "auto");
  text.append(name, element("small", { textContent: counted }));
  const stated = extent(ends);
  if (stated !== "") text.append(element("small", { textContent: stated }));
  button.append(swatch, text);
  if (index < WITH_KEY) button.append(element("kbd", { textContent: index + 1 }));
  button.addEventListener("click", () => act(`segment ${index + 1}`));
  return button;
}

/** A small button with an icon, pressed or not; the editor hears its clicks, see input/shortcuts.js. */
function toggle(id, picture, title, pressed) {
  const button = element("button", { type: "button", className: "icon", title });
  button.dataset.do = id;
  button.setAttribute("aria-label", title);
  if (pressed !== null) button.setAttribute("aria-pressed", String(pressed));
  button.append(icon(picture));
  return button;
}

function opacitySlider(act) {
  const slider = element("input", { type: "range", min: 0, max: 100, step: 5 });
  slider.addEventListener("input", () => act("share", Number(slider.value) / 100));
  return slider;
}

function setSlider(slider, label, share) {
  slider.value = Math.round(share * 100);
  slider.title = `Opacity of ${isolated(label)}`;
  slider.setAttribute("aria-label", slider.title);
}

function buttonsOf({ number, label: name, solo, index }, count) {
  const label = isolated(name);
  const up = toggle(`up ${number}`, "up", `Move ${label} up`, null);
  const down = toggle(`down ${number}`, "down", `Move ${label} down`, null);
  up.disabled = index === 0;
  down.disabled = index === count - 1;
  return [toggle(`solo ${number}`, "alone", solo ? "Show all segments" : `Show ${label} alone`, solo), up, down];
}

/** The stated ends, as a line below a segment's name says them; blank where there are none. */
function extent({ first, last }) {
  if (first === null && last === null) return "";
  if (first === null) return `to slice ${last + 1}`;
  return last === null ? `from slice ${first + 1}` : `slices ${first + 1}–${last + 1}`;
}
