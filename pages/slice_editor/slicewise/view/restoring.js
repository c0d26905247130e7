// The picture is drawn again where a browser has dropped it: when it gives back the memory of a
// canvas that it took, and when the editor or the tab comes into view again.

/**
 * @param {HTMLElement} root Of the editor.
 * @param {AbortSignal} signal Ends all listening.
 * @param {() => void} again Draws everything from what the tab knows.
 */
export function keepDrawn(root, signal, again) {
  // These events do not bubble, but they are captured.
  root.addEventListener("contextrestored", again, { signal, capture: true });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") again();
  }, { signal });
  const watching = new IntersectionObserver((entries) => {
    if (entries.at(-1).isIntersecting) again();
  });
  watching.observe(root);
  signal.addEventListener("abort", () => watching.disconnect());
}
