// Keys on the page, and the controls of the editor.

import { meaningOf } from "./keys.js";

const OTHER_WIDGETS =
  "[role=dialog], [role=listbox], [role=slider], [role=radiogroup], [data-baseweb=popover]";
const PRESSED_BY_KEYS =
  "a, button, input, summary, [role=button], [role=checkbox], [role=switch], [role=tab], [role=option], [role=combobox]";
// Somebody who has just opened one of these types into it, wherever the focus is.
const OPEN_MENUS = "[data-testid=stPopoverBody], [data-testid=stDialog]";
const MOVES_SLIDERS = /^(previous|next|back|forth|first|last|review-next|review-back)$/;

const openMenu = () => [...document.querySelectorAll(OPEN_MENUS)].find((one) => one.getClientRects().length > 0);

/** Whether a key press is meant for something to type into, or for a widget beside the editor. */
function isMeantElsewhere(event, root) {
  const [target] = event.composedPath();
  if (event.isComposing || target.isContentEditable || target.closest?.(".reasons")) return true;
  if (/^(TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return true;
  const isBeside = !root.contains(target);
  if (isBeside && /^(Enter| )$/.test(event.key) && target.closest?.(PRESSED_BY_KEYS)) return true;
  if (target.tagName === "INPUT") return !["checkbox", "range"].includes(target.type);
  return isBeside && (Boolean(target.closest?.(OTHER_WIDGETS)) || openMenu() !== undefined);
}

let typedFor = null; // the menu that what is typed is meant for, whose fields may not be there yet

/** Has what is typed where a menu has just been opened go into its first field. */
function typeIntoMenu(event) {
  const isTyped = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  const [target] = event.composedPath();
  const menu = openMenu();
  if (!isTyped || menu === undefined || menu.contains(target) || /^(INPUT|TEXTAREA)$/.test(target.tagName ?? "")) return;
  if (event.key === " ") {
    // Between words it would press the button that closes the menu; at first it shall.
    if (typedFor === menu) event.preventDefault();
    return;
  }
  typedFor = menu;
  menu.querySelector("input[type=text]:not([role=combobox])")?.focus();
}

const isHidingKey = (event) => event.key.toLowerCase() === "s";

/**
 * @param {object} screen See screen.js.
 * @param {{take: (event: KeyboardEvent) => boolean}} keyboardCursor Drawing without a mouse.
 */
export function listenToKeys(screen, keyboardCursor) {
  const { root, find, pointer, drawing, signal } = screen;
  const isSheetOpen = () => find(".sheet").open;

  function setAlt(alt) {
    pointer.alt = alt;
    screen.redraw({ pointer: true });
  }

  function escape() {
    if (drawing.cancel()) screen.refresh();
    else if (screen.reviewing?.hasRange()) screen.reviewing.sweep(null);
    else if (screen.planes.isLarge()) screen.act("large-slice");
    else {
      drawing.forget();
      screen.act("clear-lengths");
    }
    screen.redraw({ pointer: true });
  }

  function movesCursor(event, focused) {
    if (event.key === "Enter" && screen.reviewing?.hasRange()) return false;
    const isUsed = isSheetOpen() || screen.planes.isLarge() || focused?.tagName === "INPUT" || (focused && event.key === "Enter");
    return !isUsed && keyboardCursor.take(event);
  }

  /** Does what a key means; returns whether it means anything. */
  function press(event, focused) {
    if (event.key === "Alt") setAlt(true);
    else if (event.key === " " && !focused) pointer.space = true;
    else if (isHidingKey(event) && !event.ctrlKey && !event.metaKey) screen.hideMasks(true);
    else if (/^(Delete|Backspace)$/.test(event.key) && drawing.isOpen()) drawing.stepBack();
    else if (/^(Delete|Backspace)$/.test(event.key) && drawing.removeMark()) screen.redraw({ pointer: true });
    else if (!movesCursor(event, focused)) {
      const meaning = meaningOf(event, screen.reviewing !== null);
      if (meaning === null || (focused?.tagName === "INPUT" && MOVES_SLIDERS.test(meaning))) return false;
      if (meaning === "review-range" && (focused || !screen.reviewing.hasRange())) return false;
      if (!isSheetOpen() || meaning === "help") screen.act(meaning);
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (isMeantElsewhere(event, root)) {
      typeIntoMenu(event);
      return;
    }
    if (event.key === "Escape" && !isSheetOpen()) {
      escape();
      return;
    }
    const [target] = event.composedPath();
    const focused = root.contains(target) && target.closest?.("button, input, dialog");
    if (!press(event, focused)) return;
    event.preventDefault();
    // Streamlit has keys of its own: r runs the page again, c offers to clear its cache.
    event.stopImmediatePropagation();
  }, { signal, capture: true });

  document.addEventListener("keyup", (event) => {
    if (event.key === "Alt") setAlt(false);
    else if (event.key === " ") pointer.space = false;
    else if (isHidingKey(event)) screen.hideMasks(false);
  }, { signal, capture: true });
  window.addEventListener("blur", () => {
    pointer.alt = pointer.space = false;
    screen.hideMasks(false);
  }, { signal });
}

/** Buttons, sliders and menus of the editor. */
export function listenToControls(screen) {
  const { app, root, find, signal } = screen;
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button === null) return;
    screen.act(button.dataset.do);
    // So that keys go on working on the slice after a click.
    if (event.detail > 0) find(".stage").focus({ preventScroll: true });
  }, { signal });
  find(".stage").addEventListener("dblclick", () => screen.drawing.close(), { signal });
  find(".opacity").addEventListener("input", (event) => {
    screen.setStyle({ opacity: Number(event.target.value) / 100 });
  }, { signal });
  find(".filled").addEventListener("change", (event) => {
    screen.setStyle({ filled: event.target.checked });
  }, { signal });
  find(".windows").addEventListener("change", (event) => {
    const chosen = app.info.windows.find((one) => one.name === event.target.value);
    if (chosen !== undefined) screen.setWindow(chosen);
    event.target.blur();
  }, { signal });
}
