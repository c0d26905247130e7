// Buttons of the tools and actions, the options of the chosen tool, segments, and the help sheet.

import { ACTIONS, keyName, MOUSE, TOOLS, VIEWING, WITHOUT_MOUSE } from "../input/keys.js";

const ICONS = {
  brush: "M3 13c2 0 3-1 3-2.500a1.500 1.500 0 0 1 3 0C9 12.500 7 14 3 13zM8 9l5-7 1 1-5 7",
  eraser: "M6 13h7M2.500 9.500 9 3l4 4-6.500 6H5z",
  outline: "M8 3c4-1 6 2 5 5s-4 5-7 4-5-4-3-7c1-1.500 3-1.700 5-2z",
  polygon: "M3 5l6-2.500 4.500 5L9 13.500 3.500 11z",
  threshold: "M2 13h12M3 13V9M6 13V4M9 13V7M12 13v-3M2 6.500h12",
  region: "M3 8l5-5 5 5-5 5zM13.500 11.500c0 1 .5 1 .5 2",
  "hint-add": "M8 3v10M3 8h10",
  "hint-remove": "M3 8h10",
  crosshair: "M8 1.500v5M8 9.500v5M1.500 8h5M9.500 8h5",
};
const WITH_SIZE = new Set(["brush", "eraser", "threshold"]);
const WITH_WAY = new Set(["outline", "polygon", "region", "threshold"]);

/** Smallest and largest brush in mm, and its steps: equal ratios feel equal. */
export function brushSizes([, height, width], [, rows, columns]) {
  const least = Math.min(height, width);
  const most = Math.min(rows * height, columns * width) / 3;
  return Array.from({ length: 41 }, (_, step) => least * (most / least) ** (step / 40));
}

export function createPanel(root, app, act) {
  const tools = root.querySelector(".tools");
  const [unit, length] = [app.info.unit, app.info.inPatient ? "mm" : "px"];
  const options = element("div", { className: "options" });
  const buttons = new Map();
  let segmentsShown = "";

  function button(one, pressed) {
    const made = element("button", { type: "button", title: `${one.help} (${keyName(one.key)})` });
    made.dataset.do = one.id;
    made.setAttribute("aria-keyshortcuts", one.key.replace("Ctrl", "Control"));
    if (one.id in ICONS) {
      made.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${ICONS[one.id]}"/></svg>`;
    }
    made.append(one.name);
    if (pressed) {
      const key = element("kbd", { textContent: keyName(one.key) });
      key.setAttribute("aria-hidden", "true");
      made.append(key);
    }
    buttons.set(one.id, made);
    return made;
  }

  const drawing = element("div", { className: "group" });
  drawing.append(...TOOLS.map((one) => button(one, true)));
  const steps = element("div", { className: "group pairs" });
  steps.append(...ACTIONS.slice(0, 2).map((one) => button(one, false)));
  const actions = element("div", { className: "group pairs" });
  actions.append(...ACTIONS.slice(2).map((one) => button(one, false)));
  tools.replaceChildren(steps, drawing, options, actions);

  function slider(label, value, { min, max, step, text }, change) {
    const made = element("label", {});
    const output = element("output", { textContent: text(value) });
    const input = element("input", { type: "range", min, max, step, value });
    input.addEventListener("input", () => {
      change(Number(input.value));
      output.textContent = text(Number(input.value));
    });
    made.append(element("span", {}), input);
    made.firstChild.append(label, output);
    return made;
  }

  function showOptions() {
    const parts = [];
    if (WITH_WAY.has(app.tool)) {
      const way = element("div", { className: "group pairs way" });
      for (const [name, erase] of [["Add", false], ["Take away", true]]) {
        const made = element("button", { type: "button", textContent: name, title: `${name} (Alt for the opposite)` });
        made.setAttribute("aria-pressed", String(app.erase === erase));
        made.addEventListener("click", () => {
          app.erase = erase;
          showOptions();
        });
        way.append(made);
      }
      parts.push(way);
    }
    if (WITH_SIZE.has(app.tool)) {
      const sizes = brushSizes(app.info.spacing, app.info.shape);
      const nearest = sizes.reduce(
        (best, size, step) => (Math.abs(size - app.size) < Math.abs(sizes[best] - app.size) ? step : best), 0,
      );
      const range = { min: 0, max: sizes.length - 1, step: 1, text: (step) => `${sizes[step].toFixed(sizes[step] < 10 ? 1 : 0)} ${length}` };
      parts.push(slider("Size", nearest, range, (step) => act("size", sizes[step])));
    }
    if (app.tool === "region") {
      const most = Math.max(1, Math.round(app.firstWindow.width));
      const step = app.info.counted ? 1 : most / 100;
      const text = (value) => `± ${Number(value.toPrecision(3))} ${unit}`;
      parts.push(slider("Tolerance", app.tolerance, { min: 0, max: most, step, text }, (value) => (app.tolerance = value)));
    }
    if (app.tool === "threshold") {
      const two = element("div", { className: "two" });
      ["From", "to"].forEach((name, end) => {
        const made = element("label", { textContent: `${name} ${unit}` });
        const input = element("input", { type: "number", value: app.range[end], step: "any" });
        input.addEventListener("input", () => {
          if (Number.isFinite(input.valueAsNumber)) app.range[end] = input.valueAsNumber;
        });
        made.append(input);
        two.append(made);
      });
      parts.push(two);
    }
    options.replaceChildren(...parts);
  }

  const sheet = root.querySelector(".sheet");
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close();
  });

  function fillSheet() {
    const list = (rows) => {
      const made = element("dl", {});
      for (const [keys, text] of rows) {
        const term = element("dt", {});
        term.append(...keys.map((key) => element("kbd", { textContent: key })));
        made.append(term, element("dd", { textContent: text }));
      }
      return made;
    };
    const part = (title, rows) => {
      const made = element("section", {});
      made.append(element("h3", { textContent: title }), list(rows));
      return made;
    };
    const named = (all) => all.map((one) => [[keyName(one.key)], one.name ? `${one.name}: ${one.help}` : one.help]);
    const close = element("button", { type: "button", className: "quiet", textContent: "Close" });
    close.addEventListener("click", () => sheet.close());
    const columns = element("div", { className: "columns" });
    columns.append(
      part("Tools", named(TOOLS)),
      part("This slice", named(ACTIONS)),
      part("Slices and display", named(VIEWING)),
      part("Mouse, pen and fingers", MOUSE.map(([key, text]) => [[key], text])),
      part("Without a mouse", WITHOUT_MOUSE.map(([key, text]) => [[key], text])),
    );
    sheet.replaceChildren(close, element("h2", { textContent: "Keys and mouse" }), columns);
  }
  fillSheet();

  return {
    help() {
      if (sheet.open) sheet.close();
      else sheet.showModal();
    },
    /** Marks the tool and what can be undone. */
    update() {
      for (const one of TOOLS) {
        buttons.get(one.id).setAttribute("aria-pressed", String(one.id === app.tool));
      }
      for (const [kind, can] of [["undo", app.annotation.canUndo()], ["redo", app.annotation.canRedo()]]) {
        const name = app.annotation.stepName(kind);
        const what = ACTIONS.find((one) => one.id === kind);
        buttons.get(kind).disabled = !can;
        buttons.get(kind).title = `${what.help}${name ? `: ${name}` : ""} (${keyName(what.key)})`;
      }
    },
    showOptions,
    /** Lists the segments with how many slices are done and proposed. */
    showSegments(counts) {
      const list = root.querySelector(".segments");
      const told = app.info.segments.map((one) => ({ ...one, ...counts(one.number) }));
      // Left alone while it stays the same: a new button would not have the focus of the old one.
      const now = JSON.stringify([told, app.segment]);
      if (now === segmentsShown) return;
      segmentsShown = now;
      list.replaceChildren(
        ...told.map((one, index) => {
          const { done, proposed } = one;
          const made = element("button", { type: "button" });
          made.dataset.segment = one.number;
          made.setAttribute("role", "radio");
          made.setAttribute("aria-checked", String(one.number === app.segment));
          const swatch = element("span", { className: "swatch" });
          swatch.style.background = `rgb(${one.color.join()})`;
          const text = element("span", {});
          text.append(one.label, element("small", { textContent: `${done} done${proposed ? `, ${proposed} proposed` : ""}` }));
          made.append(swatch, text);
          if (index < 9) made.append(element("kbd", { textContent: index + 1 }));
          made.addEventListener("click", () => act(`segment ${index + 1}`));
          return made;
        }),
      );
    },
  };
}

export function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
