// What the editor says in words: save state, notices, the slice shown, the value under the pointer.

import { isolated } from "../model/bidirectional.js";
import { nameOfEnd } from "../model/ends.js";
import { element } from "./element.js";
import { qualityText } from "./strip.js";
import { scaleBar, toImage } from "./zoom.js";

const SAVE_STATES = {
  saved: "saved",
  saving: "saving…",
  offline: "offline, will send",
  problem: "not saved",
};
const LONGEST_BAR = 130; // CSS pixels

/**
 * @param {object} screen See screen.js.
 * @param {(problem: object, keepMine: boolean) => void} resolve Called when a person chooses what
 *   becomes of a refused drawing.
 */
export function createStatus(screen, resolve) {
  const { app, find } = screen;
  return {
    showSaveState: () => showSaveState(screen),
    showNotice: () => showNotice(screen, resolve),
    /** Says which slice is shown. */
    showPlace() {
      const place = find(".place");
      const [slices] = app.info.shape;
      const millimetres = app.info.positions?.[app.slice];
      place.replaceChildren("Slice ", element("b", { textContent: app.slice + 1 }), ` of ${slices}`);
      if (millimetres !== undefined) place.append(` · ${millimetres.toFixed(1)} mm`);
      if (app.annotation.shown(app.previewSegment, app.slice).state !== "empty") place.append(" · preview");
      const end = nameOfEnd(app.annotation.ends(app.segment), app.slice);
      if (end !== "") place.append(` · ${segmentName(app)}: ${end}`);
      const { state, expected, teachers, joined } = app.annotation.shown(app.segment, app.slice);
      if (state === "proposed" && app.review === null) {
        place.append(` · ${qualityText(expected)}`);
        // In full it stands in the sentence above the tools; here it has to fit beside the window.
        if (teachers) place.append(` · ${joined ? "with" : "from"} ${teachers} series`);
      }
      place.title = place.textContent;
      showValue(screen);
    },
    /** Says to screen readers what the slice shows. */
    nameSlice() {
      const { state } = app.annotation.shown(app.segment, app.slice);
      const name = `Slice ${app.slice + 1} of ${app.info.shape[0]}, ${segmentName(app)}: ${app.states[state].name}`;
      find(".stage").setAttribute("aria-label", name);
    },
    /** Says who else is here. */
    showPeople(text) {
      const people = find(".people");
      if (people.textContent !== text) people.textContent = text;
    },
    showValue: () => showValue(screen),
    showWindow: () => showWindow(app, find),
    showScale: () => showScale(app, find, screen.stage.view()),
  };
}

function segmentName({ info, segment }) {
  return isolated(info.segments.find((one) => one.number === segment)?.label ?? "");
}

function showSaveState({ app, find, drawing }) {
  const state = app.annotation.state(performance.now());
  const openText = state === "saved" ? drawing.openText() : "";
  const label = find(".save-state");
  const [shown, text] = openText === "" ? [state, SAVE_STATES[state]] : ["open", openText];
  if (label.textContent !== text) {
    label.dataset.state = shown;
    label.textContent = text;
  }
  find(".stage").classList.toggle("waiting", app.annotation.isWaiting());
}

function showNotice({ app, find, note }, resolve) {
  const notice = find(".notice");
  const [problem] = app.annotation.problems();
  notice.hidden = problem === undefined && note === "";
  if (problem === undefined) {
    notice.textContent = note;
    return;
  }
  const { text, discard, keep } = describeProblem(problem);
  const choices = element("div");
  for (const [label, keepMine] of [[discard, false], [keep, true]]) {
    const button = element("button", { type: "button", textContent: label, className: keepMine ? "main" : "" });
    button.addEventListener("click", () => resolve(problem, keepMine));
    choices.append(button);
  }
  notice.replaceChildren(text, choices);
}

/** What to say about a drawing that the server refused, and what to offer. */
export function describeProblem({ kind, slice, text }) {
  if (kind !== "conflict") {
    return {
      text: `What you drew on slice ${slice + 1} is not saved: ${text}`,
      discard: "Discard it",
      keep: "Try again",
    };
  }
  return {
    text:
      `This slice was changed in another window while you drew on slice ${slice + 1}. What you drew there is not ` +
      "saved yet.",
    discard: "Keep the stored version",
    keep: "Apply my strokes on top of it",
  };
}

function showValue({ app, find, stage, spacing, pointer }) {
  const [, rows, columns] = app.info.shape;
  const numbers = app.pixels.get(app.slice);
  const place = pointer.cursor === null ? [-1, -1] : toImage(stage.view(), spacing, pointer.cursor);
  const [x, y] = place.map(Math.floor);
  const isOutside = numbers === null || x < 0 || y < 0 || x >= columns || y >= rows;
  const text = isOutside ? "" : `column ${x + 1}, row ${y + 1}: ${valueText(app.info, numbers[y * columns + x])}`;
  find(".under").textContent = text;
}

/** A pixel's value in modality units, with the unit. */
export function valueText({ offset, slope, counted, unit }, number) {
  const value = offset + slope * number;
  return `${counted ? Math.round(value) : value.toPrecision(4)} ${unit}`;
}

function showWindow(app, find) {
  const { center, width, name } = app.window;
  const rounded = (value) => (Math.abs(value) < 10 && !app.info.counted ? value.toPrecision(3) : Math.round(value));
  find(".window-text").textContent = `L ${rounded(center)} W ${rounded(width)}`;
  listWindows(find(".windows"), app.info.windows, name);
}

/** Fills a menu of windows; one that is not among them is listed, too. */
export function listWindows(menu, windows, chosen) {
  const names = windows.map((one) => one.name);
  if (!names.includes(chosen)) names.push(chosen);
  menu.replaceChildren(...names.map((name) => element("option", { textContent: name })));
  menu.value = chosen;
}

function showScale(app, find, view) {
  const { length, pixels } = scaleBar(view, LONGEST_BAR);
  find(".scale-bar").style.width = `${pixels}px`;
  const inPatient = length >= 10 ? `${length / 10} cm` : `${length} mm`;
  find(".scale-bar span").textContent = app.info.inPatient ? inPatient : `${length} px`;
}
