// Keeps the server informed: sends again what was not answered, and asks for what is missing.

import { isMissingPixels, send, sendSoon } from "./model/app.js";

const TICK_MS = 100;
const ASK_AGAIN_AFTER_MS = 900;

/** Starts; returns a function that stops what the signal does not. */
export function keepConnected(app, signal) {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendSoon(app, 0);
  }, { signal });
  window.addEventListener("online", () => send(app), { signal });

  // Streamlit covers the page with a dialog when the connection is lost. The editor goes on without
  // one and says so itself.
  const uncovering = new MutationObserver(() => {
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (dialog.textContent.startsWith("Connection error")) dialog.querySelector("button")?.click();
    }
  });
  uncovering.observe(document.body, { childList: true });

  const ticking = setInterval(() => {
    if (app.annotation.outbox.isDue(performance.now())) send(app);
    else if (isMissingPixels(app)) sendSoon(app, ASK_AGAIN_AFTER_MS);
  }, TICK_MS);
  return () => {
    clearInterval(ticking);
    uncovering.disconnect();
  };
}
