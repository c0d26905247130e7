// A click that leads to another page, or makes the server work, waits until everything is saved.
//
// Which buttons these are is said by their keys, see pages/session/widget_keys.py.

import { leave, mayLeave } from "./model/app.js";

// Between the run that a click has begun and that of the page it opens, Streamlit may rest a moment.
const STAYS_AFTER_MS = 1500;
const NEVER_RAN_MS = 5000; // a run may be too short to be seen

/**
 * Selectors of what waits and of what opens another page.
 *
 * @param {{any: string, page: string}} keys How keys of such buttons begin.
 */
export function leavingSelectors({ any, page }) {
  return {
    waiting: `a[href], [class*="st-key-${any}"] button`,
    otherPage: `a[href], [class*="st-key-${page}"] button`,
  };
}

/**
 * Holds clicks back while something is unsaved, and warns before the tab is closed.
 *
 * @param {object} screen See screen.js; is given `clickOnceSaved(selector)`.
 * @returns {() => void} To be called now and then: lets a click go on that nothing holds back any more.
 */
export function holdLinks(screen) {
  const { app, signal, drawing } = screen;
  const { any } = app.leavingKeys;
  const { waiting, otherPage } = leavingSelectors(app.leavingKeys);
  let held = null; // selector of what was clicked
  const noticeStaying = watchForStaying(app);

  function onClick(event) {
    const link = event.target.closest?.(waiting);
    if (!event.isTrusted || !link || staysHere(event, link)) return;
    const now = performance.now();
    if (mayLeave(app, now)) {
      if (link.matches(otherPage)) leave(app, now);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    held = selectorOf(link, any);
  }

  document.addEventListener("click", onClick, { signal, capture: true });
  window.addEventListener("beforeunload", (event) => {
    if (app.annotation.state(performance.now()) !== "saved" || drawing.isOpen()) event.preventDefault();
  }, { signal });

  screen.clickOnceSaved = (selector) => (held = selector);
  return () => {
    noticeStaying(isPageRunning(), performance.now());
    if (held === null || !mayLeave(app, performance.now())) return;
    // Streamlit may have made the link anew in the meantime.
    const link = document.querySelector(held);
    held = null;
    if (link?.matches(otherPage)) leave(app, performance.now());
    link?.click();
  };
}

/**
 * Returns what ends the wait for another page, called now and then: the server may refuse to open
 * it, or may not show any more what was clicked. Then this page stays, and goes on sending.
 */
export function watchForStaying(app) {
  let until = -Infinity;
  let hasRun = false;
  let restsSince = 0;
  return (isRunning, now) => {
    if (app.leavingUntil !== until) {
      [until, hasRun, restsSince] = [app.leavingUntil, false, now];
    }
    if (now >= until) return;
    if (isRunning) [hasRun, restsSince] = [true, now];
    else if (now - restsSince > (hasRun ? STAYS_AFTER_MS : NEVER_RAN_MS)) app.leavingUntil = -Infinity;
  };
}

/** Whether the server draws the page, as far as Streamlit says so. */
function isPageRunning() {
  const page = document.querySelector('[data-testid="stApp"]');
  return page?.getAttribute("data-test-script-state") !== "notRunning";
}

/** Whether a click on a link opens another tab, or the page that is open. */
function staysHere(event, link) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || link.target === "_blank") return true;
  return link.href !== undefined && new URL(link.href).pathname === location.pathname;
}

function selectorOf(link, prefix) {
  const holder = link.closest(`[class*="st-key-${prefix}"]`);
  const name = [...(holder?.classList ?? [])].find((one) => one.startsWith(`st-key-${prefix}`));
  return name ? `.${name} button` : `a[href="${CSS.escape(link.getAttribute("href"))}"]`;
}
