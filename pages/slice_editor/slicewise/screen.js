// The editor on the page: joins what this tab knows with canvases, buttons, keys and pointer.

import { isMissingPixels, keepPreferences, leave, mayLeave, send, sendSoon } from "./model/app.js";
import { createDrawing } from "./tools/drawing.js";
import { meaningOf } from "./input/keys.js";
import { brushSizes, createPanel, element } from "./view/panel.js";
import { createPlane } from "./view/planes.js";
import { listenToPointer, PEN_ERASER } from "./input/pointer.js";
import { fillHoles, grow, largestPart, shrink } from "./masks/regions.js";
import { decodeRuns, encodeRuns, isEmptyCode } from "./masks/run_length.js";
import { createSecondView, drawCross, hasSecond } from "./view/second_series.js";
import { around, createStage } from "./view/stage.js";
import { createSteering } from "./input/keyboard_cursor.js";
import { createStrip, STATE_NAMES } from "./view/strip.js";
import { scaleBar, toImage, toScreen, zoomView } from "./view/zoom.js";
import { draggedWindow, greyTable } from "./view/windowing.js";

const DONE = new Set(["drawn", "accepted", "corrected", "confirmed_empty"]);
const STATE_TEXT = {
  saved: "saved",
  saving: "saving…",
  offline: "offline, will send",
  problem: "not saved",
  open: "polygon open: Enter closes it",
};
const OTHER_PAGE = 'a[href], [class*="st-key-leave-page-"] button';
const LEAVING = 'a[href], [class*="st-key-leave-"] button';
const TICK_MS = 100;
const TOLD_AFTER_MS = 200; // of rest, before the server hears which slice is looked at
const CROSS_AFTER_MS = 40; // while the cross-hair is dragged, one request stands for many places
const ASK_AGAIN_AFTER_MS = 900;
const NEAR = 9; // CSS pixels
const LEAST_HEIGHT = 480;
const NARROW = 980; // CSS pixels
const SECOND_SHARE = 0.7; // of the height, for a second series below the slice on a narrow page

export function createScreen(root, app) {
  const closing = new AbortController();
  const listening = { signal: closing.signal };
  const [slices, rows, columns] = app.info.shape;
  const spacing = app.info.spacing.slice(1);
  const find = (selector) => root.querySelector(selector);
  const stageElement = find(".stage");
  const before = app.view === null ? null : { view: app.view, screen: app.screen };
  const stage = createStage(stageElement, [rows, columns], spacing, before);
  const strip = createStrip(find(".strip"), slices, goTo);
  const panel = createPanel(root, app, act);
  const sizes = brushSizes(app.info.spacing, app.info.shape);
  const drawing = createDrawing(app, {
    painted(mask, area) {
      stage.touchMask(app.segment, mask, colorOf(app.segment), area);
      draw({ masks: area });
    },
    changed(message) {
      if (message !== null) tell();
      refresh();
    },
    isNear(corner, place) {
      const [one, other] = [corner, place].map((where) => toScreen(stage.view(), spacing, where));
      return Math.hypot(one.x - other.x, one.y - other.y) <= NEAR;
    },
  });
  const firstAtBottom = app.info.normal[0].startsWith("F");
  const acrossSlices = firstAtBottom ? app.info.normal.toReversed() : app.info.normal;
  const planes = Object.fromEntries(
    ["row", "column"].map((axis) => [axis, createPlane(find(`.plane[data-axis="${axis}"]`), {
      axis,
      shape: app.info.shape,
      spacing: app.info.spacing,
      firstAtBottom,
      letters: [...(axis === "row" ? app.info.letters.slice(0, 2) : app.info.letters.slice(2)), ...acrossSlices],
      jump(slice, along) {
        setCross(axis === "row" ? [app.cross[0], along] : [along, app.cross[1]]);
        goTo(slice);
      },
    })]),
  );
  const second = createSecondView(find(".second"), app, closing.signal, {
    setView(view) {
      stage.setView(view);
      moved();
    },
    turn: (steps) => goTo(app.slice + steps),
    size: resizeBrush,
    point(place) {
      pointed = place;
      draw({ pointer: true });
    },
  });
  let table = greyTable(app.window, app.info);
  let due = null; // what the next frame draws
  let cursor = null; // place of the pointer on the stage
  let pointed = null; // image coordinates of the pointer on the second picture
  let alt = false;
  let space = false;
  let planesLater = null;
  let held = null; // a link that waits until everything is saved
  let note = ""; // a sentence to show until the next act

  const colorOf = (number) => app.info.segments.find((one) => one.number === number)?.color ?? [255, 255, 255];

  // ---- drawing on the canvases, at most once a frame

  function draw(what) {
    if (due === null) {
      due = {};
      requestAnimationFrame(paintFrame);
    }
    for (const [name, value] of Object.entries(what)) {
      const before = due[name] ?? value;
      due[name] = before === true || value === true ? true : around(before, value);
    }
  }

  function paintFrame() {
    const wanted = due;
    due = null;
    if (closing.signal.aborted) return;
    if (wanted.image) stage.drawImage(app.pixels.get(app.slice), table);
    else if (wanted.place) stage.placeImage();
    if (wanted.image) second.draw();
    if (wanted.masks === true) second.drawMasks(masksHere(), shownMasks(), app.style);
    if (wanted.masks) stage.drawMasks(shownMasks(), app.style, wanted.masks === true ? null : wanted.masks);
    if (wanted.pointer || wanted.masks) drawPointer();
    if (wanted.image || wanted.masks === true) {
      root.dataset.slice = app.slice + 1;
      root.dataset.ready = String(app.pixels.has(app.slice) && !app.annotation.isWaiting());
    }
  }

  const masksHere = () =>
    app.info.segments.map(({ number, color }) => ({
      segment: number,
      color,
      code: app.annotation.shown(number, app.slice).code,
    }));

  function shownMasks() {
    return app.info.segments
      .map(({ number, color }) => ({
        segment: number,
        color,
        state: drawing.isDrawing() && number === app.segment ? "drawn" : app.annotation.shown(number, app.slice).state,
        active: number === app.segment,
      }))
      .sort((one, other) => one.active - other.active);
  }

  function drawPointer() {
    const view = stage.view();
    second.mark(cursor === null ? null : toImage(view, spacing, cursor));
    const { line, polygon, hints } = drawing.sketch();
    const path = (context, points) => {
      context.beginPath();
      for (const point of points) {
        const place = toScreen(view, spacing, point);
        context.lineTo(place.x, place.y);
      }
    };
    stage.drawPointer((context) => {
      context.lineJoin = context.lineCap = "round";
      for (const { tool, points } of [...hints, ...(line !== null ? [line] : [])]) {
        context.lineWidth = 2.5;
        context.strokeStyle =
          { "hint-add": "#4dd0a0", "hint-remove": "#ff7043" }[tool] ?? `rgb(${colorOf(app.segment).join()})`;
        path(context, points);
        context.stroke();
      }
      if (polygon !== null) drawPolygon(context, polygon, path);
      if (pointed !== null) drawCross(context, toScreen(view, spacing, pointed));
      if (app.tool === "crosshair") {
        const place = toScreen(view, spacing, [app.cross[1] + 0.5, app.cross[0] + 0.5]);
        context.strokeStyle = "rgb(255 224 130 / 80%)";
        context.lineWidth = 1;
        context.beginPath();
        context.moveTo(place.x, 0);
        context.lineTo(place.x, stage.screen.height);
        context.moveTo(0, place.y);
        context.lineTo(stage.screen.width, place.y);
        context.stroke();
      }
      if (steering.isSteered()) {
        context.strokeStyle = "#fff";
        context.lineWidth = 1;
        context.beginPath();
        for (const [x, y] of [[1, 0], [0, 1], [-1, 0], [0, -1]]) {
          context.moveTo(cursor.x + 3 * x, cursor.y + 3 * y);
          context.lineTo(cursor.x + 9 * x, cursor.y + 9 * y);
        }
        context.stroke();
      }
      if (cursor !== null && ["brush", "eraser", "threshold"].includes(app.tool)) {
        context.beginPath();
        context.arc(cursor.x, cursor.y, (app.size / 2) * view.scale, 0, 2 * Math.PI);
        const erases = (app.tool === "eraser") !== alt;
        for (const [width, style] of [[3, "rgb(0 0 0 / 60%)"], [1.2, erases ? "#fff" : `rgb(${colorOf(app.segment).join()})`]]) {
          context.lineWidth = width;
          context.strokeStyle = style;
          context.setLineDash(erases && width < 2 ? [4, 3] : []);
          context.stroke();
        }
      }
    });
  }

  function drawPolygon(context, polygon, path) {
    context.lineWidth = 1.5;
    context.strokeStyle = `rgb(${colorOf(app.segment).join()})`;
    path(context, polygon.corners);
    if (polygon.closed) context.closePath();
    context.stroke();
    if (!polygon.closed && cursor !== null) {
      context.setLineDash([3, 4]);
      path(context, [polygon.corners.at(-1), toImage(stage.view(), spacing, cursor)]);
      context.stroke();
      context.setLineDash([]);
    }
    polygon.corners.forEach((corner, index) => {
      const place = toScreen(stage.view(), spacing, corner);
      context.beginPath();
      context.arc(place.x, place.y, index === 0 && !polygon.closed ? 6 : 4, 0, 2 * Math.PI);
      context.fillStyle = "#fff";
      context.fill();
      context.stroke();
    });
  }

  function drawPlanes() {
    clearTimeout(planesLater);
    planesLater = null;
    if (closing.signal.aborted) return;
    const masks = [];
    for (const { number, color } of app.info.segments) {
      for (let slice = 0; slice < slices; slice++) {
        const { code } = app.annotation.shown(number, slice);
        if (!isEmptyCode(code)) masks.push({ slice, code, color });
      }
    }
    const opacity = app.style.hidden ? 0 : app.style.opacity;
    planes.row.draw(table, masks, opacity, app.slice, app.cross[1]);
    planes.column.draw(table, masks, opacity, app.slice, app.cross[0]);
  }

  const drawPlanesSoon = (milliseconds = 60) => (planesLater ??= setTimeout(drawPlanes, milliseconds));

  // ---- what changes, and showing it

  /** Shows masks and states as they are now. */
  function refresh() {
    for (const { number, color } of app.info.segments) {
      stage.setMask(number, app.annotation.shown(number, app.slice).code, color);
    }
    for (let slice = 0; slice < slices; slice++) strip.set(slice, app.annotation.shown(app.segment, slice));
    panel.update();
    panel.showSegments(counts);
    nameSlice();
    showState();
    showNotice();
    draw({ masks: true });
    drawPlanesSoon(200);
  }

  function counts(segment) {
    let [done, proposed] = [0, 0];
    for (let slice = 0; slice < slices; slice++) {
      const { state } = app.annotation.shown(segment, slice);
      if (DONE.has(state)) done += 1;
      else if (state === "proposed") proposed += 1;
    }
    return { done, proposed };
  }

  function tell() {
    note = "";
    send(app);
  }

  function showState() {
    const state = app.annotation.state(performance.now());
    const shown = state === "saved" && drawing.isOpen() ? "open" : state;
    const label = find(".save-state");
    if (label.dataset.state !== shown) {
      label.dataset.state = shown;
      label.textContent = STATE_TEXT[shown];
    }
    stageElement.classList.toggle("waiting", app.annotation.isWaiting());
    if (held !== null && mayLeave(app, performance.now())) {
      const again = held;
      held = null;
      // Streamlit may have made the link anew meanwhile.
      const link = document.querySelector(again);
      if (link?.matches(OTHER_PAGE)) leave(app, performance.now());
      link?.click();
    }
  }

  function showNotice() {
    const notice = find(".notice");
    const [problem] = app.annotation.problems();
    notice.hidden = problem === undefined && note === "";
    if (problem === undefined) {
      notice.textContent = note;
      return;
    }
    const stored = app.annotation.stored(problem.segment, problem.slice);
    const text =
      problem.kind === "conflict"
        ? `Slice ${problem.slice + 1} was changed elsewhere while you drew on it: version ${stored.version} is stored, you drew on version ${problem.base}. What you drew there is not saved yet.`
        : `What you drew on slice ${problem.slice + 1} is not saved: ${problem.text}`;
    const row = element("div", {});
    const choice = (label, main, keepMine) => {
      const made = element("button", { type: "button", textContent: label, className: main ? "main" : "" });
      made.addEventListener("click", () => {
        goTo(problem.slice);
        app.annotation.settle(problem.segment, problem.slice, keepMine);
        tell();
        refresh();
      });
      row.append(made);
    };
    choice(problem.kind === "conflict" ? "Keep what is stored" : "Discard it", false, false);
    choice(problem.kind === "conflict" ? "Put my strokes on top of it" : "Try again", true, true);
    notice.replaceChildren(text, row);
  }

  function showPlace() {
    const place = app.info.positions?.[app.slice];
    const where = find(".place");
    where.innerHTML = "";
    where.append("Slice ", element("b", { textContent: app.slice + 1 }), ` of ${slices}`);
    if (place !== undefined) where.append(` · ${place.toFixed(1)} mm`);
    strip.mark(app.slice);
    showUnder();
  }

  /** Says to screen readers what the slice shows. */
  function nameSlice() {
    const segment = app.info.segments.find((one) => one.number === app.segment);
    const { state } = app.annotation.shown(app.segment, app.slice);
    const name = `Slice ${app.slice + 1} of ${slices}, ${segment?.label}: ${STATE_NAMES[state]}`;
    stageElement.setAttribute("aria-label", name);
  }

  function showUnder() {
    const label = find(".under");
    const numbers = app.pixels.get(app.slice);
    const [x, y] = cursor === null ? [-1, -1] : toImage(stage.view(), spacing, cursor).map(Math.floor);
    if (numbers === null || x < 0 || y < 0 || x >= columns || y >= rows) {
      label.textContent = "";
      return;
    }
    const value = app.info.offset + app.info.slope * numbers[y * columns + x];
    const text = app.info.counted ? String(Math.round(value)) : value.toPrecision(4);
    label.textContent = `column ${x + 1}, row ${y + 1}: ${text} ${app.info.unit}`;
  }

  function showWindow() {
    table = greyTable(app.window, app.info);
    const { center, width } = app.window;
    const number = (value) => (Math.abs(value) < 10 && !app.info.counted ? value.toPrecision(3) : Math.round(value));
    find(".window-text").textContent = `L ${number(center)} W ${number(width)}`;
    const choices = find(".windows");
    const names = app.info.windows.map((one) => one.name);
    choices.replaceChildren(...[...names, ...(names.includes(app.window.name) ? [] : ["Custom"])].map((name) => element("option", { textContent: name })));
    choices.value = app.window.name;
    draw({ image: true });
    drawPlanesSoon();
  }

  function showScale() {
    const bar = scaleBar(stage.view(), 130);
    find(".scale-bar").style.width = `${bar.pixels}px`;
    find(".scale-bar span").textContent = app.info.inPatient ? (bar.length >= 10 ? `${bar.length / 10} cm` : `${bar.length} mm`) : `${bar.length} px`;
  }

  function goTo(slice) {
    const wanted = Math.min(Math.max(slice, 0), slices - 1);
    if (wanted === app.slice) return;
    drawing.settle();
    app.slice = wanted;
    note = "";
    for (const { number, color } of app.info.segments) {
      stage.setMask(number, app.annotation.shown(number, wanted).code, color);
    }
    showPlace();
    nameSlice();
    showNotice();
    draw({ image: true, masks: true, pointer: true });
    drawPlanesSoon();
    // The slice shown is asked for at once, its neighbours once the person stays.
    if (app.pixels.has(wanted) && hasSecond(app.second, wanted)) sendSoon(app, TOLD_AFTER_MS);
    else send(app);
  }

  function choose(segment) {
    if (segment === undefined || segment === app.segment) return;
    drawing.settle();
    app.segment = segment;
    refresh();
    send(app);
  }

  function setCross(cross) {
    app.cross = cross;
    draw({ pointer: true });
    drawPlanesSoon();
    sendSoon(app, CROSS_AFTER_MS);
  }

  function moved(resized = false) {
    app.view = stage.view();
    app.screen = { ...stage.screen };
    second.follow(app.view, app.screen, resized);
    showScale();
    draw({ place: true, masks: true, pointer: true });
  }

  function edit(change, tool, erased) {
    drawing.settle();
    const mask = decodeRuns(app.annotation.shown(app.segment, app.slice).code, rows * columns);
    put(encodeRuns(change(mask, [rows, columns])), tool, erased);
  }

  function put(code, tool, erased) {
    const message = app.annotation.draw(app.segment, app.slice, code, { tool, erased });
    if (message !== null) tell();
    refresh();
  }

  function copyFrom(slice) {
    if (slice < 0 || slice >= slices) return;
    const { code } = app.annotation.shown(app.segment, slice);
    if (isEmptyCode(code)) {
      note = `There is nothing to copy on slice ${slice + 1}.`;
      showNotice();
      return;
    }
    drawing.settle();
    put(code, "copy", true);
  }

  function travel(kind) {
    drawing.settle();
    const message = kind === "undo" ? app.annotation.undo() : app.annotation.redo();
    if (message === null) return;
    tell();
    const [change] = message.changes;
    if (change !== undefined) show(change.segment, change.slice);
    refresh();
  }

  function show(segment, slice) {
    if (app.info.segments.some((one) => one.number === segment)) choose(segment);
    goTo(slice);
  }

  const actions = {
    undo: () => drawing.dropCorner() || travel("undo"),
    redo: () => travel("redo"),
    "copy-before": () => copyFrom(app.slice - 1),
    "copy-after": () => copyFrom(app.slice + 1),
    grow: () => edit(grow, "grow", false),
    shrink: () => edit(shrink, "shrink", true),
    "fill-holes": () => edit(fillHoles, "fill holes", false),
    largest: () => edit(largestPart, "largest part", true),
    clear: () => {
      drawing.settle();
      put(app.annotation.empty, "clear", true);
    },
    absent: () => {
      drawing.settle();
      if (app.annotation.declareAbsent(app.segment, app.slice) !== null) tell();
      refresh();
    },
    previous: () => goTo(app.slice - 1),
    next: () => goTo(app.slice + 1),
    back: () => goTo(app.slice - 10),
    forth: () => goTo(app.slice + 10),
    first: () => goTo(0),
    last: () => goTo(slices - 1),
    fit: () => {
      stage.fit();
      moved();
    },
    "zoom-in": () => zoomHere(1.25),
    "zoom-out": () => zoomHere(0.8),
    darker: () => setWindow(draggedWindow(app.window, 0, 6)),
    brighter: () => setWindow(draggedWindow(app.window, 0, -6)),
    wider: () => setWindow(draggedWindow(app.window, 15, 0)),
    narrower: () => setWindow(draggedWindow(app.window, -15, 0)),
    "reset-window": () => setWindow(app.firstWindow),
    "next-window": () => {
      const place = app.info.windows.findIndex((one) => one.name === app.window.name);
      setWindow(app.info.windows[(place + 1) % app.info.windows.length]);
    },
    filled: () => setStyle({ filled: !app.style.filled }),
    fainter: () => setStyle({ opacity: Math.max(0, app.style.opacity - 0.1) }),
    stronger: () => setStyle({ opacity: Math.min(1, app.style.opacity + 0.1) }),
    smaller: () => resizeBrush(-1),
    larger: () => resizeBrush(1),
    help: () => panel.help(),
  };

  function act(name, value) {
    if (name === "size") {
      app.size = value;
      draw({ pointer: true });
    } else if (name.startsWith("segment ")) choose(app.info.segments[Number(name.slice(8)) - 1]?.number);
    else if (name in actions) actions[name]();
    else chooseTool(name);
  }

  function chooseTool(tool) {
    drawing.settle();
    app.tool = tool;
    app.erase = false;
    panel.update();
    panel.showOptions();
    refresh();
  }

  function setWindow(window) {
    app.window = window;
    showWindow();
  }

  function zoomHere(factor) {
    acts.zoom(factor, cursor ?? { x: stage.screen.width / 2, y: stage.screen.height / 2 });
  }

  function setStyle(style) {
    Object.assign(app.style, style);
    find(".opacity").value = Math.round(app.style.opacity * 100);
    find(".filled").checked = app.style.filled;
    keepPreferences(app);
    draw({ masks: true });
    drawPlanesSoon();
  }

  function resizeBrush(steps) {
    const nearest = sizes.reduce((best, size, step) => (Math.abs(size - app.size) < Math.abs(sizes[best] - app.size) ? step : best), 0);
    app.size = sizes[Math.min(Math.max(nearest + steps, 0), sizes.length - 1)];
    panel.showOptions();
    draw({ pointer: true });
  }

  // ---- pointer, keys, window

  const acts = {
    isSpace: () => space,
    start(place, event) {
      const where = toImage(stage.view(), spacing, place);
      cursor = place;
      if (app.tool === "crosshair") {
        const [x, y] = where.map(Math.floor);
        if (x >= 0 && y >= 0 && x < columns && y < rows) setCross([y, x]);
        return false;
      }
      if (app.annotation.isWaiting() || app.annotation.problemOf(app.segment, app.slice) !== null) return false;
      note = "";
      drawing.begin(where, event.button === PEN_ERASER ? "eraser" : app.tool, event.altKey);
      showState();
      draw({ pointer: true });
      return true;
    },
    draw(places) {
      drawing.move(places.map((place) => toImage(stage.view(), spacing, place)));
      draw({ pointer: true });
    },
    stop() {
      drawing.end();
      showState();
      draw({ pointer: true });
    },
    cancel() {
      drawing.interrupt();
      refresh();
    },
    hover(place, event) {
      steering.drop();
      cursor = place;
      alt = event.altKey;
      showUnder();
      draw({ pointer: true });
    },
    leave() {
      steering.drop();
      cursor = null;
      showUnder();
      draw({ pointer: true });
    },
    window(dx, dy) {
      setWindow(draggedWindow(app.window, dx, dy));
    },
    pan(dx, dy) {
      const view = stage.view();
      stage.setView({ ...view, x: view.x + dx, y: view.y + dy });
      moved();
    },
    zoom(factor, place) {
      stage.setView(zoomView(stage.view(), factor, place, [rows, columns], spacing, stage.screen));
      moved();
    },
    turn: (steps) => goTo(app.slice + steps),
    size: resizeBrush,
  };
  listenToPointer(stageElement, closing.signal, acts);
  const steering = createSteering({
    ...acts,
    tool: () => app.tool,
    isDrawing: drawing.isDrawing,
    isOpen: drawing.isOpen,
    close: drawing.closePolygon,
    screen: () => stage.screen,
    pixel: () => [spacing[1], spacing[0]].map((one) => one * stage.view().scale),
    cursor: () => cursor,
    show(place) {
      cursor = place;
      showUnder();
      draw({ pointer: true });
    },
  });
  stageElement.addEventListener("dblclick", () => drawing.closePolygon(), listening);

  function typing(event) {
    const [target] = event.composedPath();
    if (target.isContentEditable) return true;
    if (/^(TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return true;
    if (target.tagName === "INPUT") return !["checkbox", "range"].includes(target.type);
    return !root.contains(target) && target.closest?.("[role=dialog], [role=listbox], [role=slider], [role=radiogroup], [data-baseweb=popover]");
  }

  function steers(event, pressed) {
    const isMeantElsewhere = find(".sheet").open || pressed?.tagName === "INPUT" || (pressed && event.key === "Enter");
    return !isMeantElsewhere && steering.take(event);
  }

  document.addEventListener("keydown", (event) => {
    if (typing(event) || event.isComposing) return;
    const [target] = event.composedPath();
    const pressed = root.contains(target) && target.closest?.("button, input, dialog");
    if (event.key === "Alt") {
      alt = true;
      draw({ pointer: true });
    } else if (event.key === " " && !pressed) space = true;
    else if (event.key.toLowerCase() === "s" && !event.ctrlKey && !event.metaKey) hide(true);
    else if (event.key === "Escape" && !find(".sheet").open) {
      if (drawing.cancel()) refresh();
      else drawing.forget();
      draw({ pointer: true });
      return;
    } else if (/^(Delete|Backspace)$/.test(event.key) && drawing.isOpen()) drawing.dropCorner();
    else if (!steers(event, pressed)) {
      const meaning = meaningOf(event);
      if (meaning === null || (pressed?.tagName === "INPUT" && /^(previous|next|back|forth|first|last)$/.test(meaning))) return;
      if (!find(".sheet").open || meaning === "help") act(meaning);
    }
    event.preventDefault();
    // Streamlit has keys of its own: r runs the page again, c offers to clear its cache.
    event.stopImmediatePropagation();
  }, { ...listening, capture: true });

  document.addEventListener("keyup", (event) => {
    if (event.key === "Alt") {
      alt = false;
      draw({ pointer: true });
    } else if (event.key === " ") space = false;
    else if (event.key.toLowerCase() === "s") hide(false);
  }, { ...listening, capture: true });
  window.addEventListener("blur", () => {
    [alt, space] = [false, false];
    hide(false);
  }, listening);

  function hide(hidden) {
    if (app.style.hidden === hidden) return;
    app.style.hidden = hidden;
    draw({ masks: true });
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button === null) return;
    act(button.dataset.do);
    // So that keys go on working on the slice after a click.
    if (event.detail > 0) stageElement.focus({ preventScroll: true });
  }, listening);
  find(".opacity").addEventListener("input", (event) => setStyle({ opacity: Number(event.target.value) / 100 }), listening);
  find(".filled").addEventListener("change", (event) => setStyle({ filled: event.target.checked }), listening);
  find(".windows").addEventListener("change", (event) => {
    const chosen = app.info.windows.find((one) => one.name === event.target.value);
    if (chosen !== undefined) setWindow(chosen);
    event.target.blur();
  }, listening);

  /** Whether a click on a link opens another tab, or the page that is open. */
  function staysHere(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.target === "_blank") return true;
    return link.href !== undefined && new URL(link.href).pathname === location.pathname;
  }

  // A link to another page waits until everything is on disk and nothing is under way.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(LEAVING);
    if (!event.isTrusted || !link || staysHere(event, link)) return;
    const now = performance.now();
    if (mayLeave(app, now)) {
      if (link.matches(OTHER_PAGE)) leave(app, now);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const [key] = link.closest('[class*="st-key-leave-"]')?.className.match(/st-key-leave-[\w-]+/) ?? [];
    held = key ? `.${key} button` : `a[href="${CSS.escape(link.getAttribute("href"))}"]`;
  }, { ...listening, capture: true });
  window.addEventListener("beforeunload", (event) => {
    if (app.annotation.state(performance.now()) !== "saved" || drawing.isOpen()) event.preventDefault();
  }, listening);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendSoon(app, 0);
  }, listening);
  window.addEventListener("online", () => send(app), listening);

  // Streamlit covers the page with a dialog when the connection is lost. The editor goes on without
  // one and says so itself.
  const uncovering = new MutationObserver(() => {
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (dialog.textContent.startsWith("Connection error")) dialog.querySelector("button")?.click();
    }
  });
  uncovering.observe(document.body, { childList: true });

  const ticking = setInterval(() => {
    const now = performance.now();
    if (app.annotation.outbox.isDue(now)) send(app);
    else if (isMissingPixels(app)) sendSoon(app, ASK_AGAIN_AFTER_MS);
    showState();
  }, TICK_MS);

  function fitPage() {
    const top = root.getBoundingClientRect().top + (document.querySelector('[data-testid="stMain"]')?.scrollTop ?? 0);
    root.classList.toggle("narrow", root.clientWidth < NARROW);
    const height = Math.max(LEAST_HEIGHT, window.innerHeight - top - 12);
    for (const part of [".middle", ".tools", ...(root.classList.contains("narrow") ? [] : [".aside"])]) {
      find(part).style.height = `${height}px`;
    }
    const narrow = root.classList.contains("narrow");
    if (narrow) find(".aside").style.height = "";
    // What is drawn belongs in sight; planes may lie below.
    const list = find(".segments");
    const home = find(narrow ? ".tools" : ".aside");
    if (list.parentElement !== home) home.prepend(list);
    if (narrow && app.second !== null) {
      find(".middle").style.height = `${height + Math.round(height * SECOND_SHARE)}px`;
      find(".second").style.height = `${Math.round(height * SECOND_SHARE)}px`;
    } else find(".second").style.height = "";
    stage.resize();
    moved(true);
    drawPlanesSoon();
  }
  const watching = new ResizeObserver(fitPage);
  watching.observe(stageElement);
  watching.observe(root);
  window.addEventListener("resize", fitPage, listening);

  ["left", "right", "top", "bottom"].forEach((side, place) => {
    for (const letter of root.querySelectorAll(`.letter.${side}`)) letter.textContent = app.info.letters[place];
  });
  setStyle({});
  showWindow();
  showPlace();
  panel.showOptions();
  refresh();
  fitPage();
  for (const [axis, plane] of Object.entries(app.planes)) {
    if (plane !== null) planes[axis].set(plane.numbers, plane.index);
  }

  return {
    app,
    refresh,
    /** Pixels of a slice arrived. */
    pixelsCame(slice) {
      if (slice !== app.slice) return;
      draw({ image: true, masks: true });
      showUnder();
    },
    /** The server said something of the second series, or pixels of it arrived. */
    secondCame() {
      if (second.update()) fitPage();
      second.draw();
      draw({ masks: true });
    },
    planeCame(axis, plane) {
      planes[axis].set(plane.numbers, plane.index);
      drawPlanesSoon(0);
    },
    /** What the server said was taken in. */
    newsCame(answered, changed) {
      for (const { message, answer } of answered) {
        if (message.kind === "hints" && answer.result !== "stored") note = `The hint could not be used: ${answer.text || "the slice was changed elsewhere."}`;
        if (answer.result === "skipped") note = "Something else was done since: undo again to take that back.";
      }
      if (answered.some(({ message }) => message.kind !== "mask" && message.kind !== "hints")) drawing.forget();
      // A step that only the server knew: show where it was.
      const unknown = answered.some(({ message }) => /do$/.test(message.kind) && message.changes.length === 0);
      const places = [...(changed ?? [])].map((key) => key.split(" ").map(Number));
      if (unknown && places.length > 0 && places.every(([, slice]) => slice !== app.slice)) show(...places[0]);
      // While the person draws, only what lies beneath changes; the mask under the brush is theirs.
      if (drawing.isDrawing()) {
        showState();
        return;
      }
      refresh();
    },
    show,
    close() {
      drawing.settle();
      closing.abort();
      clearInterval(ticking);
      clearTimeout(planesLater);
      watching.disconnect();
      uncovering.disconnect();
    },
  };
}
