// The controls of the review: deciding, going on, sweeping over several, reasons, the line above.

import { keyName, REVIEW } from "../input/keys.js";
import { isolated } from "../model/bidirectional.js";
import { progressText, rangeText } from "../model/review.js";
import { originText } from "./strip.js";
import { element } from "./element.js";

const LONGEST_REASON = 80; // characters that the store takes

/**
 * @param {object} screen See screen.js.
 * @returns {{update: Function, askReason: Function}} `update()` shows what holds now;
 *   `askReason(done)` calls back with a reason once one is chosen.
 */
export function createReviewPanel(screen) {
  const { root, find, app } = screen;
  root.classList.add("reviewing");
  const buttons = new Map(REVIEW.filter((one) => one.name).map((one) => [one.id, actionButton(one)]));
  const row = (className, ...ids) => {
    const made = element("div", { className });
    made.append(...ids.map((id) => buttons.get(id)));
    return made;
  };
  const only = checkbox(() => screen.act("review-only"));
  const compare = checkbox(() => screen.act("review-compare"), "Previous version", "Outline the version before this one (Y)");
  const group = element("div", { className: "review group", role: "group", ariaLabel: "Review" });
  group.append(
    row("group", "review-accept"),
    row("group pairs", "review-reject", "review-reason", "review-absent", "review-edit", "review-back", "review-next"),
    row("group", "review-range", "review-all"),
    only.label,
    compare.label,
  );
  find(".tools").prepend(group);
  const line = find(".review-line");
  line.hidden = false;
  const [progress, about] = [element("b"), element("span")];
  line.replaceChildren(progress, about);

  return {
    update() {
      const { review, segment, slice } = app;
      const name = isolated(app.info.segments.find((one) => one.number === segment)?.label ?? "");
      const left = review.left(review.onlySegment ? segment : null);
      progress.textContent = progressText(left);
      about.textContent = describe(app, name);
      line.title = `${progress.textContent} · ${about.textContent}`;
      const waits = review.isWaiting(segment, slice);
      for (const id of ["review-accept", "review-reject", "review-reason", "review-absent"]) {
        buttons.get(id).disabled = !waits;
      }
      buttons.get("review-next").disabled = left.length === 0;
      showSeveral(buttons, review, segment, name);
      only.input.checked = review.onlySegment;
      only.text.textContent = `Only ${name}`;
      compare.input.checked = review.compares;
    },
    askReason: (done) => askReason(find(".reasons"), app.review.reasons, done),
  };
}

/** The slice shown in words: segment, state, expected Dice with its grade, and why it stands out. */
function describe({ review, segment, slice, annotation, states }, name) {
  const { state, expected, teachers, joined } = annotation.shown(segment, slice);
  const parts = [`${name}, slice ${slice + 1}`];
  if (state !== "proposed") parts.push(states[state].name);
  else if (expected === null) parts.push("expected Dice unknown");
  else parts.push(`expected Dice ${expected.toFixed(2)} (${review.gradeOf(segment, slice) ?? "still being made"})`);
  if (state === "proposed" && teachers) parts.push(originText(teachers, joined));
  const jump = review.jumpOf(segment, slice);
  if (jump !== "") parts.push(jump);
  return parts.join(" · ");
}

function showSeveral(buttons, review, segment, name) {
  const { range } = review;
  const swept = range === null ? 0 : review.inRange(segment, range).length;
  const rangeButton = buttons.get("review-range");
  rangeButton.disabled = swept === 0;
  rangeButton.textContent = range === null ? "Accept swept slices" : `Accept ${swept}: ${rangeText(range)}`;
  const all = review.left(segment).length;
  const allButton = buttons.get("review-all");
  allButton.disabled = all === 0;
  allButton.textContent = `Accept all ${all} of ${name}`;
  allButton.title = `${allButton.textContent}, in one step`;
}

function actionButton({ id, name, key, help }) {
  const button = element("button", { type: "button", title: key ? `${help} (${keyName(key)})` : help });
  button.dataset.do = id;
  if (key) button.setAttribute("aria-keyshortcuts", key);
  button.append(name);
  if (id === "review-accept") button.append(element("kbd", { textContent: keyName(key), ariaHidden: "true" }));
  return button;
}

function checkbox(change, words = "", title = "") {
  const label = element("label", { className: "check", title });
  const input = element("input", { type: "checkbox" });
  const text = element("span", { textContent: words });
  input.addEventListener("change", change);
  label.append(input, text);
  return { label, input, text };
}

/** Asks why a proposal is rejected: one of a list, or in one's own words. */
function askReason(dialog, reasons, done) {
  const own = element("input", { type: "text", maxLength: LONGEST_REASON, placeholder: "other reason", ariaLabel: "Other reason" });
  const form = element("form");
  const listed = element("div", { className: "listed" });
  const close = (reason) => {
    dialog.close();
    if (reason !== null) done(reason);
  };
  for (const reason of reasons) {
    const button = element("button", { type: "button", textContent: reason });
    button.addEventListener("click", () => close(reason));
    listed.append(button);
  }
  const cancel = element("button", { type: "button", className: "quiet", textContent: "Cancel" });
  cancel.addEventListener("click", () => close(null));
  const submit = element("button", { type: "submit", className: "main", textContent: "Reject" });
  form.append(element("p", { textContent: "Why is it rejected?" }), listed, own, submit, cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close(own.value.trim());
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  own.focus();
}
