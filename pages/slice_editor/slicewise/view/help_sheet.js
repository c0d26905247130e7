// The sheet with all keys, and what mouse, pen and fingers do.

import { ACTIONS, keyName, MOUSE, REVIEW, STEPS, VIEWING, WITHOUT_MOUSE } from "../input/keys.js";
import { TOOLS } from "../tools/index.js";
import { element } from "./element.js";

/** Fills the sheet; returns a function that opens it, or closes it. */
export function createHelpSheet(sheet) {
  const close = element("button", { type: "button", className: "quiet", textContent: "Close" });
  const columns = element("div", { className: "columns" });
  columns.append(
    section("Tools", withKeys(TOOLS)),
    section("This slice", withKeys([...STEPS, ...ACTIONS])),
    section("On the Review page", withKeys(REVIEW.filter((one) => one.key))),
    section("Slices and display", withKeys(VIEWING)),
    section("Mouse, pen and fingers", MOUSE),
    section("Without a mouse", WITHOUT_MOUSE),
  );
  sheet.replaceChildren(close, element("h2", { textContent: "Keys and mouse" }), columns);
  close.addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close();
  });
  return () => {
    if (sheet.open) sheet.close();
    else sheet.showModal();
  };
}

function withKeys(entries) {
  return entries.map(({ key, name, help }) => [keyName(key), name ? `${name}: ${help}` : help]);
}

function section(title, rows) {
  const list = element("dl");
  for (const [key, text] of rows) {
    const term = element("dt");
    term.append(element("kbd", { textContent: key }));
    list.append(term, element("dd", { textContent: text }));
  }
  const made = element("section");
  made.append(element("h3", { textContent: title }), list);
  return made;
}
