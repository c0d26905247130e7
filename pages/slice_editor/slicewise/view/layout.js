// How the parts of the editor share the page.

const LEAST_HEIGHT = 400; // CSS pixels, as below
const LEAST_NARROW_HEIGHT = 460; // what stands above and below the slice takes more lines
const NARROW = 980;
const BELOW = 12;
const SECOND_SHARE = 0.7; // of the height, for a second series below the slice on a narrow page

/** Fits the editor into the window. */
export function fitPage(root, hasSecond) {
  const find = (selector) => root.querySelector(selector);
  const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? 0;
  const top = root.getBoundingClientRect().top + scrolled;
  const narrow = root.clientWidth < NARROW;
  const height = Math.max(narrow ? LEAST_NARROW_HEIGHT : LEAST_HEIGHT, window.innerHeight - top - BELOW);
  const below = narrow && hasSecond ? Math.round(height * SECOND_SHARE) : 0;
  root.classList.toggle("narrow", narrow);
  find(".middle").style.height = `${height + below}px`;
  find(".second").style.height = below > 0 ? `${below}px` : "";
  find(".tools").style.height = `${height}px`;
  find(".aside").style.height = narrow ? "" : `${height}px`;
  // What is drawn belongs in sight; planes may lie below.
  const list = find(".segments");
  const home = find(narrow ? ".tools" : ".aside");
  if (list.parentElement !== home) home.prepend(list);
  const figures = find(".figures");
  if (figures.parentElement === home) return;
  if (narrow) home.append(figures);
  else list.after(figures);
}

/**
 * Calls `fit` when a person has opened or closed the panel above the editor. What the server shows
 * there by itself, such as progress, must not change the size of the picture.
 */
export function watchAbove(fit) {
  const heightAbove = () => document.querySelector(".st-key-volume-tools")?.offsetHeight ?? 0;
  let fitted = heightAbove();
  const watching = new ResizeObserver(() => {
    if (heightAbove() === fitted) return;
    fitted = heightAbove();
    fit();
  });
  const page = document.querySelector('[data-testid="stMainBlockContainer"]');
  if (page !== null) watching.observe(page);
  return () => watching.disconnect();
}
