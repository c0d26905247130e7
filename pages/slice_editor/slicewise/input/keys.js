// Keys of tools and actions: one table for buttons, tooltips, keyboard and help sheet.
//
// Keys follow 3D Slicer, ITK-SNAP and OHIF where these agree or one of them has a habit for it.

import { TOOLS } from "../tools/index.js";

export const STEPS = [
  { id: "undo", name: "Undo", key: "Ctrl+z", help: "Undo the last step, on whichever slice it was" },
  { id: "redo", name: "Redo", key: "Ctrl+y", help: "Redo the last step that was undone" },
];

export const ACTIONS = [
  { id: "begins", name: "Begins here", key: "m", help: "State that this is the first slice that shows the structure, not here from the slice before to the beginning; once more takes it back" },
  { id: "ends", name: "Ends here", key: "M", help: "State that this is the last slice that shows the structure, not here from the next slice to the end; once more takes it back" },
  { id: "copy-before", name: "Copy ←", key: "c", help: "Copy the mask from the previous slice" },
  { id: "copy-after", name: "Copy →", key: "C", help: "Copy the mask from the next slice" },
  { id: "clear", name: "Clear", key: "Delete", help: "Remove this segment from this slice" },
  { id: "absent", name: "Not here", key: "n", help: "Confirm that the structure is not on this slice; the model uses that as an example, too. Not here up to the beginning or the end: Begins here, Ends here" },
  { id: "grow", name: "Grow", key: "g", help: "Grow the mask by one pixel" },
  { id: "shrink", name: "Shrink", key: "G", help: "Shrink the mask by one pixel" },
  { id: "fill-holes", name: "Fill holes", key: "h", help: "Fill the holes of the mask" },
  { id: "largest", name: "Largest", key: "l", help: "Keep only the largest connected part" },
];

export const VIEWING = [
  { id: "previous", key: "ArrowLeft", also: ["ArrowUp"], help: "Previous slice (or wheel up)" },
  { id: "next", key: "ArrowRight", also: ["ArrowDown"], help: "Next slice (or wheel down)" },
  { id: "back", key: "PageUp", help: "Ten slices back" },
  { id: "forth", key: "PageDown", help: "Ten slices forward" },
  { id: "first", key: "Home", help: "First slice" },
  { id: "last", key: "End", help: "Last slice" },
  { id: "fit", key: "0", also: ["="], help: "Fit the slice to the window" },
  { id: "zoom-in", key: "z", help: "Zoom in (or Ctrl + wheel)" },
  { id: "zoom-out", key: "Z", help: "Zoom out" },
  { id: "reset-window", key: "w", help: "Reset window and level" },
  { id: "next-window", key: "W", help: "Next window preset" },
  { id: "darker", key: ".", help: "Raise the level: darker" },
  { id: "brighter", key: ",", help: "Lower the level: brighter" },
  { id: "wider", key: ">", help: "Wider window: less contrast" },
  { id: "narrower", key: "<", help: "Narrower window: more contrast" },
  { id: "filled", key: "v", help: "Switch between filled masks and outlines" },
  { id: "fainter", key: "a", help: "Make masks more transparent" },
  { id: "stronger", key: "d", help: "Make masks more opaque" },
  { id: "large", key: "u", help: "Large view: the slice, the plane along its rows, the plane along its columns, in turn" },
  { id: "surfaces", key: "U", help: "All segments in three dimensions, or the slice again" },
  { id: "smaller", key: "[", also: ["-"], help: "Smaller brush (or Shift + wheel)" },
  { id: "larger", key: "]", also: ["+"], help: "Larger brush (or Shift + wheel)" },
  { id: "sphere", key: "k", help: "Let brush and eraser change this slice only, or be spheres over neighbouring slices" },
  { id: "finish", key: "Ctrl+Enter", help: "Hand in or accept the series of a project, and open the next" },
  { id: "help", key: "?", help: "Show or close this sheet" },
];

export const MOUSE = [
  ["Left button", "use the tool"],
  ["Alt + left button", "do the opposite: erase instead of adding, add instead of erasing"],
  ["Right button, drag", "change window (sideways) and level (up and down)"],
  ["Middle button or Space, drag", "move the slice"],
  ["Wheel", "scroll through the slices"],
  ["Ctrl + wheel", "zoom to the cursor"],
  ["Shift + wheel", "change the brush size"],
  ["S held down", "hide the masks"],
  ["1 … 9", "choose a segment"],
  ["Esc", "cancel what is being drawn, go back to the slice, clear lengths, close this sheet"],
  ["Two fingers", "zoom and move the slice; once a pen has been used, fingers no longer draw"],
];

export const WITHOUT_MOUSE = [
  ["Shift + arrows", "move the cursor"],
  ["Enter", "put the tool down and lift it again; set a corner; fill a region"],
  ["Enter twice", "close the polygon or the livewire; once more applies the livewire"],
  ["Del, Ctrl+Z", "remove the last corner of an open polygon, the last point of a livewire"],
  ["Ctrl + arrows", "move the slice"],
];

/** Decisions of the review, whose keys go before all others on its page. */
export const REVIEW = [
  { id: "review-accept", name: "Accept", key: "a", help: "Accept this proposal and show the next" },
  { id: "review-reject", name: "Reject", key: "x", help: "Discard this proposal and show the next" },
  { id: "review-reason", name: "Reason…", key: "X", help: "Discard this proposal and say why" },
  { id: "review-absent", name: "Not here", key: "n", help: "Confirm that the structure is not on this slice, and show the next. Not here up to the beginning or the end: Begins here (M), Ends here (Shift+M)" },
  { id: "review-edit", name: "Edit", key: "e", help: "Correct this slice: take the brush, or the eraser" },
  { id: "review-back", name: "← Back", key: "ArrowLeft", help: "Show the proposal before" },
  { id: "review-next", name: "Later →", key: "ArrowRight", help: "Show the next proposal, the least certain first" },
  { id: "review-range", name: "Accept swept slices", key: "Enter", help: "Accept the slices that were swept over: drag along the strip below the slice" },
  { id: "review-all", name: "Accept all", help: "Accept all proposals of this segment in one step" },
  { id: "review-compare", key: "y", help: "Show the outline of the version before" },
];

const byKey = new Map();
for (const one of [...TOOLS, ...STEPS, ...ACTIONS, ...VIEWING]) {
  for (const key of [one.key, ...(one.also ?? [])]) byKey.set(key, one.id);
}
const byReviewKey = new Map(REVIEW.filter((one) => one.key).map((one) => [one.key, one.id]));
byKey.set("Ctrl+Z", "redo");
byKey.set("Ctrl+enter", "finish");
byKey.set("Backspace", "clear");

/** What a key press means, or null; `reviews` on the page for reviewing. */
export function meaningOf({ key, ctrlKey, metaKey, altKey, shiftKey }, reviews = false) {
  if (ctrlKey || metaKey) return byKey.get(`Ctrl+${shiftKey ? key.toUpperCase() : key.toLowerCase()}`) ?? null;
  if (altKey) return null;
  if (/^[1-9]$/.test(key)) return `segment ${key}`;
  // Caps Lock must not turn one command into another.
  const plain = key.length === 1 && /[a-z]/i.test(key);
  const pressed = plain ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key;
  return (reviews ? byReviewKey.get(pressed) : undefined) ?? byKey.get(pressed) ?? null;
}

/** A key as people read it. */
export function keyName(key) {
  const names = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Delete: "Del", PageUp: "Page ↑", PageDown: "Page ↓" };
  if (key in names) return names[key];
  if (/^Ctrl\+.$/.test(key)) return `Ctrl+${key.slice(5).toUpperCase()}`;
  if (/^[A-Z]$/.test(key)) return `Shift+${key}`;
  return key.length === 1 ? key.toUpperCase() : key;
}
