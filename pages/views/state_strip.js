// A tick for every slice of the series: its state, its expected quality, the current one marked.
// A click goes to a slice, and so does the slider above the ticks.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const strip = parentElement.querySelector(".strip");
  const slider = parentElement.querySelector("input");
  slider.max = data.states.length;
  slider.value = data.current + 1;
  slider.disabled = data.states.length < 2;
  slider.onchange = () => setTriggerValue("slice", Number(slider.value) - 1);
  strip.style.setProperty("--slices", data.states.length);
  strip.replaceChildren(
    ...data.states.map((state, index) => {
      const tick = document.createElement("button");
      tick.type = "button";
      tick.tabIndex = -1;
      tick.className = `tick ${state}${index === data.current ? " current" : ""}`;
      const [isFirst, isLast] = [index === data.first, index === data.last];
      tick.classList.toggle("unknown", state === "proposed" && data.expected[index] === null);
      tick.classList.toggle("first", isFirst);
      tick.classList.toggle("last", isLast);
      tick.classList.toggle("beyond", index < (data.first ?? 0) || index > (data.last ?? Infinity));
      const quality = data.expected[index];
      const suffix = quality === null ? "" : `, expected Dice ${quality.toFixed(2)}`;
      const end = `${isFirst ? ", its first slice" : ""}${isLast ? ", its last slice" : ""}`;
      tick.title = `Slice ${index + 1}: ${data.names[state]}${suffix}${end}`;
      tick.setAttribute("aria-label", tick.title);
      tick.style.setProperty("--state", data.colors[state]);
      if (quality !== null) tick.style.setProperty("--quality", quality);
      tick.addEventListener("click", () => setTriggerValue("slice", index));
      return tick;
    }),
  );
}
