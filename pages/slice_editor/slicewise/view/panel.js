// Buttons of the tools and actions, the options of the chosen tool, segments, and the help sheet.

import { ACTIONS, keyName, STEPS } from "../input/keys.js";
import { TOOLS, toolOf } from "../tools/index.js";
import { element } from "./element.js";
import { createHelpSheet } from "./help_sheet.js";
import { createOptions } from "./options.js";
import { createSegmentList } from "./segment_list.js";

/**
 * @param {HTMLElement} root
 * @param {object} app
 * @param {(id: string, value?: number) => void} act
 */
export function createPanel(root, app, act) {
  const options = element("div", { className: "options" });
  const controls = createOptions(app, act, showOptions);
  const buttons = new Map([
    ...TOOLS.map((tool) => [tool.id, toolButton(tool)]),
    ...[...STEPS, ...ACTIONS].map((action) => [action.id, actionButton(action)]),
  ]);
  const group = (className, entries) => {
    const made = element("div", { className });
    made.append(...entries.map((one) => buttons.get(one.id)));
    return made;
  };
  // On a narrow page these lay among the tools, which are made anew.
  root.querySelector(".aside").prepend(root.querySelector(".segments"), root.querySelector(".figures"));
  root.querySelector(".tools").replaceChildren(
    group("group pairs", STEPS),
    group("group", TOOLS),
    options,
    group("group pairs", ACTIONS),
  );

  /** Shows the controls of the chosen tool. */
  function showOptions() {
    options.replaceChildren(...toolOf(app.tool).options.map((name) => controls[name]()));
  }

  return {
    help: createHelpSheet(root.querySelector(".sheet")),
    showOptions,
    showSegments: createSegmentList(root.querySelector(".segments"), app, act),
    /** Marks the tool and what can be undone. */
    update() {
      for (const { id } of TOOLS) buttons.get(id).setAttribute("aria-pressed", String(id === app.tool));
      const { readOnly } = app.info;
      for (const tool of TOOLS) buttons.get(tool.id).disabled = Boolean(readOnly) && !tool.isViewOnly;
      for (const { id } of ACTIONS) buttons.get(id).disabled = Boolean(readOnly);
      const ends = app.annotation.ends(app.segment);
      buttons.get("begins").setAttribute("aria-pressed", String(ends.first === app.slice));
      buttons.get("ends").setAttribute("aria-pressed", String(ends.last === app.slice));
      const can = { undo: app.annotation.canUndo(), redo: app.annotation.canRedo() };
      for (const { id, key, help } of STEPS) {
        const name = app.annotation.stepName(id);
        buttons.get(id).disabled = !can[id] || Boolean(readOnly);
        buttons.get(id).title = `${help}${name ? `: ${name}` : ""} (${keyName(key)})`;
      }
    },
  };
}

function actionButton({ id, name, key, help }) {
  const button = element("button", { type: "button", title: `${help} (${keyName(key)})` });
  button.dataset.do = id;
  button.setAttribute("aria-keyshortcuts", key.replace("Ctrl", "Control"));
  button.append(name);
  return button;
}

function toolButton(tool) {
  const button = actionButton(tool);
  button.insertAdjacentHTML("afterbegin", `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${tool.icon}"/></svg>`);
  const key = element("kbd", { textContent: keyName(tool.key) });
  key.setAttribute("aria-hidden", "true");
  button.append(key);
  return button;
}
