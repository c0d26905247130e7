// Tools, actions and their keys: one table for buttons, tooltips, keyboard and help sheet.
//
// Keys follow 3D Slicer, ITK-SNAP and OHIF where these agree or one of them has a habit for it.

export const TOOLS = [
  { id: "brush", name: "Brush", key: "b", help: "Paint over the structure" },
  { id: "eraser", name: "Erase", key: "e", help: "Paint over what does not belong" },
  { id: "outline", name: "Outline", key: "o", help: "Draw around the structure; the inside is filled" },
  { id: "polygon", name: "Polygon", key: "p", help: "Click corners; click the first one or press Enter to close; then drag corners" },
  { id: "threshold", name: "Threshold", key: "t", help: "Paint only pixels whose values lie in a range" },
  { id: "region", name: "Region", key: "f", help: "Click: fills the region of like values" },
  { id: "hint-add", name: "Hint: add", key: "q", help: "A stroke says what is missing; the model corrects the mask" },
  { id: "hint-remove", name: "Hint: remove", key: "Q", help: "A stroke says what is too much; the model corrects the mask" },
  { id: "crosshair", name: "Cross-hair", key: "x", help: "Click: shows the planes through this place" },
];

export const ACTIONS = [
  { id: "undo", name: "Undo", key: "Ctrl+z", help: "Take back the last step, on whichever slice" },
  { id: "redo", name: "Redo", key: "Ctrl+y", help: "Bring back what was taken back" },
  { id: "copy-before", name: "Copy ←", key: "c", help: "Copy the mask of the slice before" },
  { id: "copy-after", name: "Copy →", key: "C", help: "Copy the mask of the slice after" },
  { id: "grow", name: "Grow", key: "g", help: "Grow by one pixel" },
  { id: "shrink", name: "Shrink", key: "G", help: "Shrink by one pixel" },
  { id: "fill-holes", name: "Fill holes", key: "h", help: "Fill what the mask encloses" },
  { id: "largest", name: "Largest", key: "l", help: "Keep only the largest part" },
  { id: "clear", name: "Clear", key: "Delete", help: "Remove this segment from this slice" },
  { id: "absent", name: "Not here", key: "n", help: "State that the structure is not on this slice: that teaches the model, too" },
];

export const VIEWING = [
  { id: "previous", key: "ArrowLeft", also: ["ArrowUp"], help: "Previous slice (or wheel up)" },
  { id: "next", key: "ArrowRight", also: ["ArrowDown"], help: "Next slice (or wheel down)" },
  { id: "back", key: "PageUp", help: "Ten slices back" },
  { id: "forth", key: "PageDown", help: "Ten slices on" },
  { id: "first", key: "Home", help: "First slice" },
  { id: "last", key: "End", help: "Last slice" },
  { id: "fit", key: "0", also: ["="], help: "Fit the slice into the window" },
  { id: "zoom-in", key: "z", help: "Closer (or Ctrl + wheel)" },
  { id: "zoom-out", key: "Z", help: "Farther away" },
  { id: "reset-window", key: "w", help: "Reset window and level" },
  { id: "next-window", key: "W", help: "Next window preset" },
  { id: "darker", key: ".", help: "Higher level: darker" },
  { id: "brighter", key: ",", help: "Lower level: brighter" },
  { id: "wider", key: ">", help: "Wider window: less contrast" },
  { id: "narrower", key: "<", help: "Narrower window: more contrast" },
  { id: "filled", key: "v", help: "Masks filled, or outlines only" },
  { id: "fainter", key: "a", help: "Masks fainter" },
  { id: "stronger", key: "d", help: "Masks stronger" },
  { id: "smaller", key: "[", also: ["-"], help: "Smaller brush (or Shift + wheel)" },
  { id: "larger", key: "]", also: ["+"], help: "Larger brush (or Shift + wheel)" },
  { id: "help", key: "?", help: "This sheet" },
];

export const MOUSE = [
  ["Left button", "use the tool"],
  ["Alt + left button", "the opposite: erase instead of add, add instead of erase"],
  ["Right button, drag", "window (sideways) and level (up and down)"],
  ["Middle button or Space, drag", "move the slice"],
  ["Wheel", "turn slices"],
  ["Ctrl + wheel", "zoom to the cursor"],
  ["Shift + wheel", "brush size"],
  ["S held down", "hide the masks"],
  ["1 … 9", "choose a segment"],
  ["Esc", "drop what is being drawn, close this sheet"],
  ["Two fingers", "zoom and move; once a pen was used, fingers do not draw"],
];

export const WITHOUT_MOUSE = [
  ["Shift + arrows", "move the cursor"],
  ["Enter", "put the tool down and lift it again; sets a corner, fills a region"],
  ["Enter twice", "closes the polygon"],
  ["Del, Ctrl+Z", "take back the newest corner of an open polygon"],
  ["Ctrl + arrows", "move the slice"],
];

const byKey = new Map();
for (const one of [...TOOLS, ...ACTIONS, ...VIEWING]) {
  for (const key of [one.key, ...(one.also ?? [])]) byKey.set(key, one.id);
}
byKey.set("Ctrl+Z", "redo");
byKey.set("Backspace", "clear");

/** What a key press means, or null. */
export function meaningOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey) return byKey.get(`Ctrl+${shiftKey ? key.toUpperCase() : key.toLowerCase()}`) ?? null;
  if (altKey) return null;
  if (/^[1-9]$/.test(key)) return `segment ${key}`;
  // Caps Lock must not turn one command into another.
  const plain = key.length === 1 && /[a-z]/i.test(key);
  return byKey.get(plain ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key) ?? null;
}

/** A key as people read it. */
export function keyName(key) {
  const names = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Delete: "Del", PageUp: "Page ↑", PageDown: "Page ↓" };
  if (key in names) return names[key];
  if (key.startsWith("Ctrl+")) return `Ctrl+${key.slice(5).toUpperCase()}`;
  if (/^[A-Z]$/.test(key)) return `Shift+${key}`;
  return key.length === 1 ? key.toUpperCase() : key;
}
