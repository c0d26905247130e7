// Two readings of a series on one picture, with the slices on which they differ.
//
// What a person decides is shown at once and kept until the server has answered; pictures of the
// slices that are likely next come before they are asked for.

const ASKED_AFTER_MS = 20; // one request stands for many turns of the wheel
const PICTURES_KEPT = 120;
const DECISIONS = { 1: "reading 1", 2: "reading 2" };
const SHORT = { "reading 1": "1", "reading 2": "2", drawn: "drawn", "both readings": "agreed" };
const KEYS = {
  ArrowLeft: "previous", ArrowUp: "previous", ArrowRight: "next", ArrowDown: "next",
  PageUp: "back", PageDown: "forth", Home: "first", End: "last",
  1: "take-1", 2: "take-2", d: "draw", n: "undecided", z: "zoom", w: "next-window",
};
const SVG = "http://www.w3.org/2000/svg";

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".comparison");
  if (root === null || !data) return undefined;
  const view = (root.view ??= createView(root));
  view.send = (asked) => component.setStateValue("asked", asked);
  receive(view, data);
  // Also called where a newer message has overtaken this one: then the element stays.
  return () =>
    setTimeout(() => {
      if (!root.isConnected) view.closing.abort();
    });
}

function createView(root) {
  const view = {
    root,
    find: (selector) => root.querySelector(selector),
    client: crypto.getRandomValues(new Uint32Array(4)).join("-"),
    closing: new AbortController(),
    data: null,
    segment: null,
    slice: 0,
    window: null,
    pictures: new Map(),
    outlines: new Map(),
    deeds: [], // without an answer
    number: 0,
    seeksUndecided: false, // as soon as the server has said what it took back
    order: "worst",
    zoomed: false,
    due: 0,
    send: () => {},
  };
  listen(view);
  return view;
}

function receive(view, data) {
  const isFirst = view.data === null || view.data.place !== data.place;
  if (isFirst) Object.assign(view, { segment: data.segment, slice: data.slice, deeds: [], seeksUndecided: false });
  if (view.window !== data.window && (isFirst || !view.wantedWindow || view.wantedWindow === data.window)) {
    view.pictures.clear();
    view.window = data.window;
  }
  view.data = data;
  view.isLeaving = false;
  if (data.client === view.client) view.deeds = view.deeds.filter((one) => one.number > data.handled);
  if (data.window === view.window) {
    for (const [index, url] of Object.entries(data.pictures)) keepPicture(view, Number(index), url);
  }
  for (const [index, paths] of Object.entries(data.outlines)) {
    view.outlines.set(`${data.segment} ${index}`, paths);
  }
  if (!data.segments.some((one) => one.number === view.segment)) view.segment = data.segment;
  if (view.seeksUndecided) ACTIONS.undecided(view);
  show(view);
  if (!view.pictures.has(view.slice)) askSoon(view);
}

function keepPicture(view, index, url) {
  view.pictures.delete(index);
  view.pictures.set(index, url);
  while (view.pictures.size > PICTURES_KEPT) {
    view.pictures.delete(view.pictures.keys().next().value);
  }
}

/** Tells the server what is shown and what was decided; nothing more once it opens the editor. */
function askSoon(view) {
  if (view.isLeaving) return;
  clearTimeout(view.due);
  view.isLeaving = view.deeds.some((one) => one.action === "draw");
  view.due = setTimeout(() => {
    view.send({
      client: view.client,
      place: view.data.place,
      segment: view.segment,
      slice: view.slice,
      window: view.wantedWindow ?? view.window,
      present: view.wantedWindow && view.wantedWindow !== view.window ? [] : [...view.pictures.keys()],
      deeds: view.deeds,
    });
  }, ASKED_AFTER_MS);
}

/** What is decided of a slice, with what the server has not answered yet. */
function decisionOn(view, line) {
  const mine = view.deeds.findLast(
    (one) => one.action === "take" && one.segment === line.segment && one.slice === line.slice,
  );
  return mine ? DECISIONS[mine.reading] : line.decision;
}

const isOpen = (view, line) => view.data.begun && decisionOn(view, line) === "";

function linesOf(view, segment) {
  const lines = view.data.lines.filter((one) => one.segment === segment);
  if (view.order === "slice") return lines.sort((a, b) => a.slice - b.slice);
  return lines.sort((a, b) => a.dice - b.dice || a.slice - b.slice);
}

/** The slice to decide next: of this segment the worst, then of the others. */
function nextOpen(view) {
  const numbers = view.data.segments.map((one) => one.number);
  const ordered = [view.segment, ...numbers.filter((one) => one !== view.segment)];
  const isHere = (line) => line.segment === view.segment && line.slice === view.slice;
  const open = ordered
    .flatMap((number) => linesOf(view, number))
    .filter((line) => isOpen(view, line));
  return open.find((line) => !isHere(line)) ?? open[0] ?? null;
}

function goTo(view, segment, slice) {
  view.segment = segment;
  view.slice = Math.min(Math.max(slice, 0), view.data.slices - 1);
  show(view);
  askSoon(view);
}

const ACTIONS = {
  previous: (view) => goTo(view, view.segment, view.slice - 1),
  next: (view) => goTo(view, view.segment, view.slice + 1),
  back: (view) => goTo(view, view.segment, view.slice - 10),
  forth: (view) => goTo(view, view.segment, view.slice + 10),
  first: (view) => goTo(view, view.segment, 0),
  last: (view) => goTo(view, view.segment, view.data.slices - 1),
  "take-1": (view) => take(view, 1),
  "take-2": (view) => take(view, 2),
  draw: (view) => decide(view, { action: "draw", reading: 0 }),
  undo: (view) => decide(view, { action: "undo", reading: 0 }),
  undecided(view) {
    view.seeksUndecided = view.deeds.some((one) => one.action === "undo");
    if (view.seeksUndecided) return;
    const line = nextOpen(view);
    if (line !== null) goTo(view, line.segment, line.slice);
  },
  zoom(view) {
    view.zoomed = !view.zoomed;
    show(view);
  },
  "next-window"(view) {
    const { windows } = view.data;
    chooseWindow(view, windows[(windows.indexOf(view.wantedWindow ?? view.window) + 1) % windows.length]);
  },
};

function chooseWindow(view, name) {
  view.wantedWindow = name;
  askSoon(view);
}

function take(view, reading) {
  if (!lineHere(view)) return;
  const wasOpen = isOpen(view, lineHere(view));
  decide(view, { action: "take", reading });
  if (wasOpen) ACTIONS.undecided(view);
}

function decide(view, deed) {
  if (!view.data.decides) return;
  view.number += 1;
  view.deeds.push({ ...deed, number: view.number, segment: view.segment, slice: view.slice });
  show(view);
  askSoon(view);
}

const lineHere = (view) =>
  view.data.lines.find((one) => one.segment === view.segment && one.slice === view.slice);

function act(view, name) {
  if (view.data !== null) ACTIONS[name]?.(view);
}

function listen(view) {
  const { root, find } = view;
  const { signal } = view.closing;
  root.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-do]");
    if (pressed) act(view, pressed.dataset.do);
    const row = event.target.closest("tr[data-segment]");
    if (row) goTo(view, Number(row.dataset.segment), Number(row.dataset.slice ?? view.slice));
  }, { signal });
  root.addEventListener("change", ({ target }) => {
    if (target.dataset.choose === "order") {
      view.order = target.value;
      show(view);
    } else if (target.dataset.choose === "window") chooseWindow(view, target.value);
  }, { signal });
  find(".stage").addEventListener("wheel", (event) => {
    if (event.ctrlKey) return; // zooms the page
    event.preventDefault();
    act(view, event.deltaY > 0 ? "next" : "previous");
  }, { signal, passive: false });
  find(".strip").addEventListener("click", (event) => {
    const { left, width } = find(".strip").getBoundingClientRect();
    const slice = Math.floor(((event.clientX - left) / width) * view.data.slices);
    goTo(view, view.segment, slice);
  }, { signal });
  document.addEventListener("keydown", (event) => pressKey(view, event), { signal, capture: true });
  document.addEventListener("keyup", (event) => hideOutlines(view, event, false), { signal, capture: true });
  window.addEventListener("blur", () => root.classList.remove("hidden"), { signal });
}

function pressKey(view, event) {
  const [target] = event.composedPath();
  const elsewhere = "textarea, select, [contenteditable=true], [role=dialog], [role=listbox], [role=slider], [role=radiogroup]";
  if (event.isComposing || event.altKey || target.closest?.(elsewhere)) return;
  if (target.tagName === "INPUT") return;
  const isCommand = event.ctrlKey || event.metaKey;
  const name = isCommand ? { z: "undo" }[event.key] : KEYS[event.key];
  if (!isCommand && hideOutlines(view, event, true)) return;
  if (name === undefined) return;
  act(view, name);
  event.preventDefault();
  // Streamlit has keys of its own.
  event.stopImmediatePropagation();
}

function hideOutlines(view, event, hidden) {
  if (event.key !== "s" && event.key !== "S") return false;
  view.root.classList.toggle("hidden", hidden);
  return true;
}

function show(view) {
  const { root, data } = view;
  root.classList.toggle("decides", data.decides);
  root.classList.toggle("begun", data.begun);
  showPicture(view);
  showPlace(view);
  showSegments(view);
  showLines(view);
  showStrip(view);
  showControls(view);
}

function showPicture(view) {
  const { find, data } = view;
  const [rows, columns] = data.size;
  const [down, across] = data.spacing;
  const [group, image] = [find(".picture g"), find("image")];
  group.setAttribute("transform", `scale(${across} ${down})`);
  image.setAttribute("width", columns);
  image.setAttribute("height", rows);
  const url = view.pictures.get(view.slice);
  // The picture before stays until the new one has come.
  if (url !== undefined && image.getAttribute("href") !== url) image.setAttribute("href", url);
  const [first, second, stored] = view.outlines.get(`${view.segment} ${view.slice}`) ?? ["", "", ""];
  const taken = lineHere(view) && decisionOn(view, lineHere(view));
  const final = { "reading 1": first, "reading 2": second }[taken] ?? stored;
  const shown = [final, first, second, first, second];
  find(".picture").querySelectorAll("path").forEach((path, at) => path.setAttribute("d", shown[at]));
  const box = view.zoomed ? boxAround(view) : null;
  const [left, top, width, height] = box ?? [0, 0, columns, rows];
  find(".picture").setAttribute("viewBox", [left * across, top * down, width * across, height * down].join(" "));
  ["left", "right", "top", "bottom"].forEach((side, at) => {
    find(`.stage > .${side}`).textContent = data.letters[at];
  });
}

/** Left, top, width and height around both outlines in pixels; null where there are none. */
function boxAround(view) {
  const paths = view.outlines.get(`${view.segment} ${view.slice}`) ?? [];
  const numbers = paths.join(" ").match(/[\d.]+/g)?.map(Number) ?? [];
  if (numbers.length === 0) return view.box ?? null;
  const xs = numbers.filter((_, at) => at % 2 === 0);
  const ys = numbers.filter((_, at) => at % 2 === 1);
  const [left, top] = [xs, ys].map((one) => one.reduce((a, b) => Math.min(a, b)));
  const [right, bottom] = [xs, ys].map((one) => one.reduce((a, b) => Math.max(a, b)));
  const margin = 0.25 * Math.max(right - left, bottom - top, 20);
  view.box = [left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin];
  return view.box;
}

function showPlace(view) {
  const { data, find } = view;
  const line = lineHere(view);
  const parts = [`Slice ${view.slice + 1} of ${data.slices}`];
  if (line) {
    parts.push(`Dice ${line.dice.toFixed(2)}`, `${millimetres(line.distance)} mm`, `${signed(line.difference)} ml`);
    const decision = decisionOn(view, line);
    if (data.begun) parts.push(decision ? `decided: ${decision}` : "to decide");
  } else parts.push("in neither reading");
  find(".place").textContent = parts.join(" · ");
  find(".problem").textContent = data.problem;
}

function showSegments(view) {
  const rows = view.data.segments.map((one) => {
    const left = view.data.lines.filter((line) => line.segment === one.number && isOpen(view, line)).length;
    const name = left > 0 ? `${one.name} (${left})` : one.name;
    const figures = [one.dice.toFixed(2), millimetres(one.distance), signed(one.difference)];
    const row = rowOf(name, figures, one.number === view.segment);
    row.dataset.segment = one.number;
    row.title = `${one.name}: ${one.volumes.map((ml) => ml.toFixed(1)).join(" and ")} ml`;
    return row;
  });
  view.find(".segments tbody").replaceChildren(...rows);
}

function showLines(view) {
  const focused = view.root.getRootNode().activeElement?.closest?.(".lines tr")?.dataset.slice;
  const rows = linesOf(view, view.segment).map((line) => {
    const figures = [line.dice.toFixed(2), millimetres(line.distance), signed(line.difference)];
    const decision = decisionOn(view, line);
    if (view.data.begun) figures.push(decision ? (SHORT[decision] ?? decision) : "open");
    const row = rowOf(String(line.slice + 1), figures, line.slice === view.slice);
    row.classList.toggle("open", isOpen(view, line));
    Object.assign(row.dataset, { segment: line.segment, slice: line.slice });
    return row;
  });
  view.find(".lines tbody").replaceChildren(...rows);
  const current = view.find(".lines tr[aria-current]");
  if (current) scrollIntoList(view.find(".lines"), current);
  if (focused !== undefined) view.find(`.lines tr[data-slice="${focused}"] button`)?.focus();
}

/** Scrolls the list alone, never the page. */
function scrollIntoList(list, row) {
  const [outer, inner] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  const head = list.querySelector("thead").offsetHeight;
  if (inner.top < outer.top + head) list.scrollTop -= outer.top + head - inner.top;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom;
}

function rowOf(name, figures, isCurrent) {
  const row = document.createElement("tr");
  if (isCurrent) row.setAttribute("aria-current", "true");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  const cells = [button, ...figures].map((content) => {
    const cell = document.createElement("td");
    cell.append(content);
    return cell;
  });
  row.append(...cells);
  return row;
}

/** A bar for each slice, the higher the less both agree, as a share of the worst; open ones in colour. */
function showStrip(view) {
  const strip = view.find(".strip");
  strip.setAttribute("viewBox", `0 0 ${view.data.slices} 1`);
  const lines = linesOf(view, view.segment);
  const most = Math.max(0.01, ...lines.map((line) => 1 - line.dice));
  const bars = lines.map((line) => {
    const height = Math.max(0.12, (1 - line.dice) / most);
    const bar = rectangle(line.slice + 0.1, 1 - height, 0.8, height, "bar");
    bar.classList.toggle("open", isOpen(view, line));
    return bar;
  });
  strip.replaceChildren(...bars, rectangle(view.slice, 0, 1, 1, "here"));
}

function rectangle(x, y, width, height, kind) {
  const one = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x, y, width, height })) one.setAttribute(name, value);
  one.setAttribute("class", kind);
  return one;
}

function showControls(view) {
  const { find, data } = view;
  const windows = find('[data-choose="window"]');
  if (windows.options.length !== data.windows.length) {
    windows.replaceChildren(...data.windows.map((name) => new Option(name, name)));
  }
  windows.value = view.wantedWindow ?? view.window;
  find('[data-do="zoom"]').setAttribute("aria-pressed", view.zoomed);
  const isCompared = lineHere(view) !== undefined;
  for (const name of ["take-1", "take-2"]) find(`[data-do="${name}"]`).disabled = !isCompared;
  const open = data.lines.filter((line) => isOpen(view, line)).length;
  find('[data-do="undecided"]').disabled = open === 0;
  find('[data-do="undo"]').disabled = !data.undo && view.deeds.length === 0;
  find(".count").textContent = open === 0 ? "All decided" : `${open} to decide`;
}

const millimetres = (mm) => (mm === null ? "–" : mm.toFixed(1));
const signed = (ml) => `${ml < 0 ? "−" : "+"}${Math.abs(ml).toFixed(Math.abs(ml) < 1 ? 2 : 1)}`;
