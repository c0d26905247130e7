// A tick for every slice: its state, its expected quality, the current one marked, click to go.

export const STATE_NAMES = {
  empty: "nothing yet",
  drawn: "drawn",
  proposed: "proposed",
  accepted: "accepted",
  corrected: "corrected",
  confirmed_empty: "confirmed: it is not here",
};

export function createStrip(parent, slices, choose) {
  let current = -1;
  const ticks = Array.from({ length: slices }, (_, slice) => {
    const tick = document.createElement("button");
    tick.type = "button";
    tick.tabIndex = -1;
    tick.addEventListener("click", () => choose(slice));
    return tick;
  });
  parent.replaceChildren(...ticks);

  return {
    /** Shows the state of a slice. */
    set(slice, { state, expected }) {
      const quality = state === "proposed" && expected !== null ? expected : null;
      const title =
        `Slice ${slice + 1}: ${STATE_NAMES[state]}` +
        (quality === null ? "" : `, expected Dice ${quality.toFixed(2)}`);
      const tick = ticks[slice];
      if (tick.title === title) return;
      tick.title = title;
      tick.setAttribute("aria-label", title);
      tick.className = `tick ${state}${slice === current ? " current" : ""}`;
      if (quality === null) tick.style.removeProperty("--quality");
      else tick.style.setProperty("--quality", quality);
    },
    mark(slice) {
      ticks[current]?.classList.remove("current");
      ticks[current]?.removeAttribute("aria-current");
      current = slice;
      ticks[current]?.classList.add("current");
      ticks[current]?.setAttribute("aria-current", "true");
    },
  };
}
