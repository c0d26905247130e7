// A slider for the slice, which also follows the wheel over the picture.

const ASKED_AFTER_MS = 40; // one request stands for many turns of the wheel

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const slider = parentElement.querySelector("input");
  const output = parentElement.querySelector("output");
  const last = data.slices - 1;
  slider.max = data.slices;
  slider.disabled = last < 1;
  const state = (parentElement.scrolling ??= { wanted: data.current, asked: data.current, due: 0 });
  // An answer to an older request does not turn back what was asked for since.
  if (state.asked === data.current && !state.due) state.wanted = data.current;

  function show() {
    slider.value = state.wanted + 1;
    output.textContent = `Slice ${state.wanted + 1} of ${data.slices}`;
  }

  function goTo(slice) {
    state.wanted = Math.min(Math.max(slice, 0), last);
    show();
    clearTimeout(state.due);
    state.due = setTimeout(() => {
      state.due = 0;
      state.asked = state.wanted;
      setTriggerValue("slice", state.wanted);
    }, ASKED_AFTER_MS);
  }

  slider.oninput = () => goTo(Number(slider.value) - 1);
  const picture = document.querySelector(data.picture);
  if (picture) {
    picture.onwheel = (event) => {
      if (event.ctrlKey) return; // zooms the page
      event.preventDefault();
      goTo(state.wanted + Math.sign(event.deltaY));
    };
  }
  show();
}
