// Controls of the tools, by the names in a tool's `options`.

import { brushSizes, nearestSize } from "../tools/sizes.js";
import { element } from "./element.js";

/**
 * @param {object} app
 * @param {(id: string, value: number) => void} act
 * @param {() => void} again Shows the controls again.
 */
export function createOptions(app, act, again) {
  return {
    mode: () => modeButtons(app, again),
    size: () => sizeSlider(app, act),
    tolerance: () => toleranceSlider(app),
    range: () => rangeInputs(app),
    lengths: () => clearButton(act),
    depth: () => depthButton(app, act),
  };
}

function modeButtons(app, again) {
  const group = element("div", { className: "group pairs mode" });
  for (const [name, erase] of [["Add", false], ["Remove", true]]) {
    const button = element("button", { type: "button", textContent: name, title: `${name} (hold Alt for the opposite)` });
    button.setAttribute("aria-pressed", String(app.erase === erase));
    button.addEventListener("click", () => {
      app.erase = erase;
      again();
    });
    group.append(button);
  }
  return group;
}

function sizeSlider(app, act) {
  const sizes = brushSizes(app.info.spacing, app.info.shape);
  const unit = app.info.inPatient ? "mm" : "px";
  const text = (step) => `${sizes[step].toFixed(sizes[step] < 10 ? 1 : 0)} ${unit}`;
  const range = { min: 0, max: sizes.length - 1, step: 1, text };
  return slider("Size", nearestSize(sizes, app.size), range, (step, input) => {
    act("size", sizes[step]);
    const reach = input.closest(".options")?.querySelector(".reach");
    if (reach) reach.textContent = reachText(app);
  });
}

function toleranceSlider(app) {
  const most = Math.max(1, Math.round(app.firstWindow.width));
  const step = app.info.counted ? 1 : most / 100;
  const text = (value) => `± ${Number(value.toPrecision(3))} ${app.info.unit}`;
  return slider("Tolerance", app.tolerance, { min: 0, max: most, step, text }, (value) => {
    app.tolerance = value;
  });
}

function depthButton(app, act) {
  const label = element("label", { className: "check", title: "Paint and erase on the neighbouring slices, too (K)" });
  const input = element("input", { type: "checkbox", checked: app.sphere });
  input.addEventListener("change", () => act("sphere"));
  label.append(input, element("span", { className: "reach", textContent: reachText(app) }));
  return label;
}

/** How far a sphere reaches on either side of the slice shown. */
function reachText({ size, info }) {
  return `Sphere: ± ${(size / 2).toFixed(1)} ${info.inPatient ? "mm" : "px"}`;
}

function clearButton(act) {
  const button = element("button", { type: "button", textContent: "Clear lengths", title: "Clear all lengths (Esc)" });
  button.addEventListener("click", () => act("clear-lengths"));
  return button;
}

function rangeInputs(app) {
  const pair = element("div", { className: "two" });
  ["From", "to"].forEach((name, end) => {
    const label = element("label", { textContent: `${name} ${app.info.unit}` });
    const input = element("input", { type: "number", value: app.range[end], step: "any" });
    input.addEventListener("input", () => {
      if (Number.isFinite(input.valueAsNumber)) app.range[end] = input.valueAsNumber;
    });
    label.append(input);
    pair.append(label);
  });
  return pair;
}

function slider(name, value, { min, max, step, text }, change) {
  const label = element("label");
  const output = element("output", { textContent: text(value) });
  const input = element("input", { type: "range", min, max, step, value });
  input.addEventListener("input", () => {
    change(Number(input.value), input);
    output.textContent = text(Number(input.value));
  });
  label.append(element("span"), input);
  label.firstChild.append(name, output);
  return label;
}
