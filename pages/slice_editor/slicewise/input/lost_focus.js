// A button that was pressed with a key may be gone afterwards, or disabled, and with it the focus.

/**
 * Has the slice take the focus then.
 *
 * @param {object} screen See ../screen.js.
 * @returns {() => void} Called now and then: nothing tells when a button goes.
 */
export function takeLostFocus({ find, signal }) {
  let pressed = null;
  document.addEventListener("keydown", (event) => {
    const [target] = event.composedPath();
    pressed = /^(Enter| )$/.test(event.key) ? (target.closest?.("button") ?? null) : null;
  }, { signal, capture: true });
  document.addEventListener("pointerdown", () => (pressed = null), { signal, capture: true });
  return () => {
    if (pressed === null || (pressed.isConnected && !pressed.disabled)) return;
    if (document.activeElement !== document.body) return;
    find(".stage").focus({ preventScroll: true });
    pressed = null;
  };
}
