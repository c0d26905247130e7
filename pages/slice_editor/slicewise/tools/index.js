// The tools, in the order of their buttons. A new tool is one module in this folder and one line here.
//
// A tool is an object with
//   id, name, key, help, icon   what its button, its key, the help sheet and docs/editor.md show;
//                               `icon` is the path of a 16 × 16 picture
//   options                     controls of the panel that it uses, see view/options.js
//   cursor                      "circle" (of the size of the brush) or "crosshair"
//   erases                      true where it removes pixels unless Alt is held (not with "mode")
//   isClick                     true where it acts at one place, so that Enter presses and lifts it
//   onPlanes                    true where it also draws on planes across the slices, see plane_painting.js
//   isViewOnly                  true where it changes no mask: it works at any time
//   begin(context, stroke)      the pointer comes down; false refuses the stroke
//   move(context, stroke, places), end(context, stroke)
//   removeMark(context)         takes back the newest of what it shows beside the masks, if there is any
// and, where something stays open between strokes (kept in `context.open`, with `tool` in it),
//   isOpen(open), close(context), stepBack(context), cancel(context), interrupt(context, stroke)
//   settle(context)             finishes it before the slice, segment or tool changes; close if left out
//   openText(open)              what the page says while it is open
//   sketch(context, stroke, cursor)  lines and handles of what is not a mask yet, see view/overlay.js
//
// `context` is described in drawing.js; places are image coordinates [column, row].

import { brush } from "./brush.js";
import { crosshair } from "./crosshair.js";
import { eraser } from "./eraser.js";
import { hintAdd, hintRemove } from "./hint.js";
import { livewire } from "./livewire.js";
import { measure } from "./measure.js";
import { outline } from "./outline.js";
import { polygon } from "./polygon.js";
import { region } from "./region.js";
import { threshold } from "./threshold.js";

export const TOOLS = [
  brush,
  eraser,
  outline,
  livewire,
  polygon,
  threshold,
  region,
  hintAdd,
  hintRemove,
  crosshair,
  measure,
];

const byId = new Map(TOOLS.map((tool) => [tool.id, tool]));

/** The tool with an id. */
export const toolOf = (id) => byId.get(id);
