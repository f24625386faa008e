// The page of one execution: lanes to step through, and what threads and objects were like at each step.
//
// The data is the JSON that `data.rs` writes; steps are counted from 0 here and from 1 wherever a user sees
// them. Nothing is loaded, stored or sent.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const WORDS = {
    all: "all",
    copied: "copied",
    notCopied: "could not be copied: it is selected, press Ctrl+C",
    preemption: "preemption: the thread before could have gone on",
    old: "old value",
    switched: "preemption",
    beforeFirst: "before the first step",
    noOrder: "happens-before was not recorded",
    noSource: "the source of this step is not known",
    none: "nothing matches the filter",
    running: "running",
    notStarted: "not started",
    couldGoOn: "could go on",
    ended: "has ended",
    panicked: "panicked",
    waits: "waits",
  };
  const DOING = {
    running: WORDS.running, runnable: WORDS.couldGoOn, waiting: WORDS.waits, ended: WORDS.ended,
    panicked: WORDS.panicked, absent: WORDS.notStarted, unknown: "",
  };
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  // ---- What happened, in arrays.

  const count = data.steps.length;
  const steps = data.steps.map((row) => {
    const [fixed, more] = Array.isArray(row[0]) ? row : [row, {}];
    const [thread, text, object, site] = fixed;
    return {
      thread, object, site, text: data.texts[text],
      preemption: !!more.p, aside: !!more.n, stale: more.s,
      after: more.a || [], reads: more.r, waited: more.w, value: more.v, held: more.h, leads: [],
    };
  });
  const lanes = data.threads.map((thread, number) => (
    { ...thread, number, short: thread.label.split(" ")[0], steps: [], hue: number % 8 }
  ));
  const objects = data.objects.map((object) => ({ ...object, states: [], touched: 0 }));
  steps.forEach((step, i) => {
    step.turn = lanes[step.thread].steps.push(i) - 1;
    step.after.forEach((cause) => steps[cause].leads.push(i));
    if (step.object < 0) return;
    objects[step.object].touched += 1;
    if (step.value === undefined && step.held === undefined) return;
    const { states, initial } = objects[step.object];
    const before = states.length ? states[states.length - 1] : { value: initial, holders: [] };
    const { value = before.value, held = before.holders } = step;
    states.push({ since: i, value, holders: held });
  });
  for (const lane of lanes) {
    // A thread begins at the step that spawned it; if that is not among the steps, at its first one.
    const spawns = (step) => step.site === lane.spawned && step.text.split(" ")[1] === lane.short;
    const spawn = lane.spawned === undefined ? 0 : steps.findIndex(spawns);
    lane.born = spawn >= 0 ? spawn : lane.steps[0] || 0;
    lane.over = lane.mood === "ended" && lane.steps.length ? lane.steps[lane.steps.length - 1] : count - 1;
  }

  // For each step and thread the latest step of that thread that happens before it, or is it; else -1.
  const known = data.ordered ? new Int32Array(count * lanes.length).fill(-1) : null;
  if (known) {
    const width = lanes.length;
    steps.forEach((step, i) => {
      const own = known.subarray(i * width, (i + 1) * width);
      const causes = step.turn > 0 ? [lanes[step.thread].steps[step.turn - 1], ...step.after] : step.after;
      for (const cause of causes) {
        const theirs = known.subarray(cause * width, (cause + 1) * width);
        for (let t = 0; t < width; t += 1) if (theirs[t] > own[t]) own[t] = theirs[t];
      }
      own[step.thread] = i;
    });
  }
  const happensBefore = (a, b) => a !== b && known[b * lanes.length + steps[a].thread] >= a;

  // By participant its latest step at that place, or else on that line; or -1.
  const line = (site) => (site === undefined || site < 0 ? "" : data.sites[site].slice(0, 2).join(":"));
  const partSteps = data.parts.map((part) => {
    const latest = (fits) => steps.findLastIndex((step) => step.thread === part.thread && fits(step));
    const exact = latest((step) => step.site === part.site);
    return exact >= 0 || part.site === undefined ? exact : latest((step) => line(step.site) === line(part.site));
  });

  // The greatest place in a sorted list whose value is at most `limit`, or -1.
  const atMost = (list, limit, value = (x) => x) => {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value(list[middle]) <= limit) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const objectAt = (object, at) => {
    const place = atMost(object.states, at, (state) => state.since);
    if (place >= 0) return object.states[place];
    if (!object.states.length && object.last) return { since: -1, holders: object.last[0], value: object.last[1], final: true };
    return { since: -1, holders: [], value: object.initial };
  };

  // What a thread is doing when the step `at` has been performed.
  const threadAt = (lane, at) => {
    const place = atMost(lane.steps, at);
    const [latest, next] = [lane.steps[place], lane.steps[place + 1]];
    const site = latest === undefined ? undefined : steps[latest].site;
    if (next !== undefined && steps[next].waited !== undefined && steps[next].waited <= at + 1) {
      return { doing: "waiting", object: steps[next].object, at: next, site: steps[next].site, latest };
    }
    if (next === undefined && lane.mood === "waiting") {
      const object = lane.waits === undefined ? -1 : lane.waits;
      return { doing: "waiting", object, at: latest, site: lane.at === undefined ? site : lane.at, latest };
    }
    if (latest === at) return { doing: "running", site, latest };
    if (next === undefined && at >= lane.over) return { doing: lane.mood, site, latest };
    if (next === undefined && lane.mood !== "runnable") return { doing: lane.mood, site, latest };
    if (latest === undefined && lane.number > 0 && at < lane.born) return { doing: "absent", latest };
    return { doing: "runnable", site, latest };
  };
  const waitersOf = (at) => {
    const waiters = objects.map(() => []);
    for (const lane of lanes) {
      const state = threadAt(lane, at);
      if (state.doing === "waiting" && state.object >= 0) waiters[state.object].push(lane.number);
    }
    return waiters;
  };

  const place = (site) => {
    if (site === undefined || site < 0) return "";
    const [file, line] = data.sites[site];
    return `${data.files[file].name}:${line}`;
  };
  const shortPlace = (site) => place(site).split("/").slice(-2).join("/");

  // ---- Making elements.

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") element.className = value;
      else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const SVG = "http://www.w3.org/2000/svg";
  const draw = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const linkTo = (i, text) => make("a", { href: `#step=${i + 1}` }, text || `step ${i + 1}`);
  const nameOf = (thread) => make("span", { class: `name hue${lanes[thread].hue}` }, lanes[thread].label);
  const list = (items) => items.flatMap((item, i) => (i === 0 ? [item] : [", ", item]));

  // ---- Zoom and filter.

  const ZOOMS = [
    { row: 5, lane: 12, inside: false, text: false },
    { row: 14, lane: 14, inside: false, text: false },
    { row: 24, lane: 22, inside: false, text: true },
    { row: 26, lane: 130, inside: true, text: true },
    { row: 28, lane: 220, inside: true, text: true },
    { row: 30, lane: 360, inside: true, text: true },
  ];
  const NUMBERS = 4 + 8 * Math.max(3, String(count).length);
  const scroll = byId("scroll");
  const rows = byId("rows");
  let zoom = 2;
  let selected = -1;
  let hovered = -1;
  let shown = [];
  let shownLanes = [];
  let position = new Int32Array(count);

  const laneX = (place) => NUMBERS + 18 + place * ZOOMS[zoom].lane + (ZOOMS[zoom].inside ? 8 : ZOOMS[zoom].lane / 2);
  // The last lane needs room for what a step did, wherever the others end.
  const LAST = 320;
  const fitting = () => {
    const room = scroll.clientWidth - NUMBERS - 40 - LAST;
    return [4, 3].find((level) => ZOOMS[level].lane * (lanes.length - 1) <= room) || 2;
  };

  const refilter = () => {
    const thread = byId("by-thread").value;
    const object = byId("by-object").value;
    const text = byId("by-text").value.trim().toLowerCase();
    const onlyCausal = byId("causal").checked;
    const keeps = (step) =>
      (thread === "" || step.thread === Number(thread)) &&
      (object === "" || step.object === Number(object)) &&
      (!onlyCausal || !step.aside) &&
      (text === "" || step.text.toLowerCase().includes(text) || place(step.site).toLowerCase().includes(text));
    shown = [];
    position.fill(-1);
    steps.forEach((step, i) => {
      if (keeps(step)) position[i] = shown.push(i) - 1;
    });
    const filtered = thread !== "" || object !== "" || text !== "";
    const present = new Set(shown.map((i) => steps[i].thread));
    shownLanes = filtered ? lanes.filter((lane) => present.has(lane.number)) : lanes;
    byId("clear").hidden = !(filtered || onlyCausal);
    if (shown.length && (selected < 0 || position[selected] < 0)) {
      select(shown[Math.max(0, atMost(shown, selected))], { quiet: selected < 0 });
    } else {
      resize();
    }
  };

  // ---- Lanes. Only the rows that can be seen exist; an overlay draws the lines between them.

  const resize = () => {
    const { row, lane, inside } = ZOOMS[zoom];
    const width = laneX(shownLanes.length - 1) + LAST;
    rows.style.height = `${Math.max(1, shown.length) * row}px`;
    rows.style.minWidth = inside ? `${width}px` : "0";
    scroll.dataset.zoom = String(zoom);
    scroll.style.setProperty("--row", `${row}px`);
    const heads = byId("heads");
    heads.replaceChildren();
    heads.classList.toggle("slanted", !inside);
    shownLanes.forEach((one, i) => {
      const head = make("span", { class: `name hue${one.hue}`, title: one.label }, one.label);
      head.style.left = `${laneX(i) - (inside ? 8 : 0)}px`;
      head.style.maxWidth = inside ? `${lane - 10}px` : "";
      heads.append(head);
    });
    heads.style.width = "100%";
    render();
    tellPlace();
  };

  const laneOf = () => {
    const places = new Map();
    shownLanes.forEach((lane, i) => places.set(lane.number, i));
    return places;
  };

  const relation = (i, focus) => {
    if (!known || focus < 0 || i === focus) return "";
    if (happensBefore(i, focus)) return "before";
    return happensBefore(focus, i) ? "after" : "aside";
  };
  const GLYPHS = { before: "↑", after: "↓", aside: "∥", "": "" };
  const RELATIONS = { before: "happens before", after: "happens after", aside: "not ordered with", "": "" };

  const rowOf = (i, places, focus) => {
    const { row, inside, text } = ZOOMS[zoom];
    const step = steps[i];
    const how = relation(i, focus);
    const classes = ["row", how, i === selected ? "selected" : "", step.aside ? "faint" : ""];
    const element = make("div", {
      class: classes.join(" "), id: `step-${i + 1}`, role: "option", "data-step": String(i + 1),
      "aria-selected": i === selected ? "true" : "false", "aria-setsize": String(shown.length),
      "aria-posinset": String(position[i] + 1),
      "aria-label": describe(i) + (how ? `; ${RELATIONS[how]} step ${focus + 1}` : ""),
      title: text ? undefined : describe(i),
    });
    element.style.top = `${position[i] * row}px`;
    if (!text) return element;
    const number = make("span", { class: "number" }, String(i + 1));
    number.style.width = `${NUMBERS}px`;
    const what = make("span", { class: "what" }, step.text);
    const start = laneX(inside ? places.get(step.thread) : shownLanes.length) + (inside ? 10 : 0);
    what.style.left = `${start}px`;
    what.style.maxWidth = `calc(100% - ${start}px)`;
    if (step.preemption) what.append(make("span", { class: "chip switch", title: WORDS.preemption }, WORDS.switched));
    if (step.stale) what.append(make("span", { class: "chip stale", title: step.stale }, WORDS.old));
    what.append(make("span", { class: "site" }, shortPlace(step.site)));
    element.append(number, make("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[how]), what);
    element.querySelector(".glyph").style.left = `${NUMBERS}px`;
    return element;
  };

  const describe = (i) => {
    const step = steps[i];
    const remarks = [step.preemption ? WORDS.preemption : "", step.stale || ""].filter(Boolean);
    const site = place(step.site);
    return [`step ${i + 1}, ${lanes[step.thread].label}: ${step.text}`, site, ...remarks].filter(Boolean).join("; ");
  };

  const yOf = (i) => {
    const { row } = ZOOMS[zoom];
    if (position[i] >= 0) return (position[i] + 0.5) * row;
    return (atMost(shown, i) + 1) * row;
  };

  const drawLane = (overlay, lane, x, from, to) => {
    const end = shown.length * ZOOMS[zoom].row;
    const [top, bottom] = [Math.max(from, yOf(lane.born)), Math.min(to, lane.over >= count - 1 ? end : yOf(lane.over))];
    if (bottom > top) overlay.append(draw("line", { class: `life hue${lane.hue}`, x1: x, x2: x, y1: top, y2: bottom }));
    // What it waited for, as far as that can be seen.
    const first = Math.max(0, atMost(lane.steps, shown[Math.max(0, Math.floor(from / ZOOMS[zoom].row))] || 0));
    for (let turn = first; turn < lane.steps.length; turn += 1) {
      const step = steps[lane.steps[turn]];
      if (step.waited === undefined) continue;
      const [y1, y2] = [step.waited === 0 ? 0 : yOf(step.waited - 1), yOf(lane.steps[turn])];
      if (y1 > to) break;
      if (y2 > from) overlay.append(draw("line", { class: "waits", x1: x, x2: x, y1: Math.max(from, y1), y2: Math.min(to, y2) }));
    }
    const last = lane.steps[lane.steps.length - 1];
    if (lane.mood === "waiting" && last !== undefined && yOf(last) < to) {
      overlay.append(draw("line", { class: "waits", x1: x, x2: x, y1: Math.max(from, yOf(last)), y2: to }));
    }
  };

  // From the step that spawned a thread to the lane of the thread.
  const drawBirth = (overlay, lane, places) => {
    if (lane.spawned === undefined || steps[lane.born].thread === lane.number) return;
    const parent = places.get(steps[lane.born].thread);
    if (parent === undefined || parent === places.get(lane.number)) return;
    const [x1, x2, y] = [laneX(parent), laneX(places.get(lane.number)), yOf(lane.born)];
    overlay.append(draw("path", { class: `birth hue${lane.hue}`, d: `M${x1} ${y} H${x2}` }));
  };

  const arrow = (overlay, places, from, to, name) => {
    if (!places.has(steps[from].thread) || !places.has(steps[to].thread)) return;
    const [x1, y1] = [laneX(places.get(steps[from].thread)), yOf(from)];
    const [x2, y2] = [laneX(places.get(steps[to].thread)), yOf(to)];
    const away = x2 > x1 ? -6 : 6;
    const middle = (y1 + y2) / 2;
    const path = x1 === x2
      ? `M${x1} ${y1} C${x1 - 14} ${middle} ${x1 - 14} ${middle} ${x2} ${y2}`
      : `M${x1} ${y1} C${x1} ${middle} ${x2 + away} ${middle} ${x2 + away} ${y2}`;
    overlay.append(draw("path", { class: `arrow ${name}`, d: path, "marker-end": `url(#tip-${name})` }));
  };

  const marker = (name) => {
    const tip = draw("marker", { id: `tip-${name}`, class: `tip ${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
    tip.append(draw("path", { d: "M0 0 L8 4 L0 8 z" }));
    return tip;
  };

  const render = () => {
    const { row } = ZOOMS[zoom];
    const places = laneOf();
    const focus = hovered >= 0 ? hovered : selected;
    const begin = Math.max(0, Math.floor(scroll.scrollTop / row) - 12);
    const end = Math.min(shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / row) + 12);
    const [from, to] = [begin * row, end * row];
    const width = ZOOMS[zoom].inside ? laneX(shownLanes.length) : laneX(shownLanes.length) + 4;
    const overlay = draw("svg", { class: "overlay", width, height: Math.max(1, to - from), viewBox: `0 ${from} ${width} ${Math.max(1, to - from)}`, "aria-hidden": "true" });
    overlay.style.top = `${from}px`;
    const tips = draw("defs", {});
    tips.append(marker("order"), marker("reads"));
    overlay.append(tips);
    shownLanes.forEach((lane, i) => {
      drawLane(overlay, lane, laneX(i), from, to);
      if (yOf(lane.born) >= from && yOf(lane.born) <= to) drawBirth(overlay, lane, places);
    });
    const elements = [];
    for (let k = begin; k < end; k += 1) elements.push(rowOf(shown[k], places, focus));
    const away = selected >= 0 && position[selected] >= 0 && (position[selected] < begin || position[selected] >= end);
    if (away) elements.push(rowOf(selected, places, focus));
    if (focus >= 0) {
      // What follows from another arrow is left out.
      const direct = (cause, step) => !steps[step].after.some((other) => other !== cause && happensBefore(cause, other));
      for (const cause of steps[focus].after) if (direct(cause, focus)) arrow(overlay, places, cause, focus, "order");
      for (const effect of steps[focus].leads) if (direct(focus, effect)) arrow(overlay, places, focus, effect, "order");
      if (steps[focus].reads !== undefined) arrow(overlay, places, steps[focus].reads, focus, "reads");
    }
    for (let k = begin; k < end; k += 1) {
      const i = shown[k];
      const [x, y] = [laneX(places.get(steps[i].thread)), yOf(i)];
      const how = relation(i, focus);
      const radius = Math.min(row / 2.4, i === selected ? 6 : 4.5);
      overlay.append(draw("circle", { class: `dot hue${lanes[steps[i].thread].hue} ${how} ${i === selected ? "selected" : ""}`, cx: x, cy: y, r: radius }));
      if (steps[i].preemption && row > 8) overlay.append(draw("path", { class: "mark switch", d: `M${x - 7} ${y - row / 2} h14` }));
      if (steps[i].stale && row > 8) overlay.append(draw("circle", { class: "mark stale", cx: x, cy: y, r: radius + 2.5 }));
    }
    if (!shown.length) elements.push(make("p", { class: "empty" }, WORDS.none));
    rows.replaceChildren(overlay, ...elements);
    rows.classList.toggle("hovering", hovered >= 0);
    const active = selected >= 0 && position[selected] >= 0;
    if (active) scroll.setAttribute("aria-activedescendant", `step-${selected + 1}`);
    else scroll.removeAttribute("aria-activedescendant");
  };

  // ---- Panels.

  const tellPlace = () => {
    const all = shown.length === count ? "" : `, ${grouped(shown.length)} shown`;
    byId("place").textContent = selected < 0 ? `${grouped(count)} steps` : `step ${grouped(selected + 1)} of ${grouped(count)}${all}`;
  };

  const tellOrder = (i) => {
    if (!known) return lanes.length > 1 ? make("p", { class: "quiet" }, WORDS.noOrder) : null;
    const [before, after] = [[], []];
    for (const lane of lanes) {
      if (lane.number === steps[i].thread || !lane.steps.length) continue;
      const latest = known[i * lanes.length + lane.number];
      if (latest >= 0) before.push(make("span", {}, nameOf(lane.number), " up to ", linkTo(latest)));
      const first = lane.steps.find((other) => other > i && happensBefore(i, other));
      if (first !== undefined) after.push(make("span", {}, nameOf(lane.number), " from ", linkTo(first)));
    }
    const line = (title, items) => [make("dt", {}, title), make("dd", {}, ...(items.length ? list(items) : ["nothing in other threads"]))];
    return make("dl", { class: "order" }, ...line("comes after", before), ...line("comes before", after));
  };

  const tellStep = () => {
    const panel = byId("step-panel");
    if (selected < 0) return panel.replaceChildren();
    const step = steps[selected];
    const remarks = [];
    if (step.preemption) remarks.push(make("p", { class: "remark switch" }, WORDS.preemption));
    if (step.stale) remarks.push(make("p", { class: "remark stale" }, step.stale));
    const racing = partSteps.filter((other) => data.kind === "data-race" && other !== selected);
    if (partSteps.includes(selected)) {
      for (const other of racing) remarks.push(make("p", { class: "remark stale" }, "races with ", linkTo(other), ", which nothing orders with it"));
    }
    if (step.reads !== undefined) remarks.push(make("p", {}, "reads from ", linkTo(step.reads), ` (${lanes[steps[step.reads].thread].label})`));
    if (step.waited !== undefined) {
      const since = step.waited === 0 ? WORDS.beforeFirst : linkTo(step.waited - 1);
      remarks.push(make("p", {}, "could not go on with it since ", since));
    }
    panel.replaceChildren(
      make("h2", {}, `step ${selected + 1} `, nameOf(step.thread)),
      make("p", { class: "did" }, step.text),
      ...remarks,
      ...[tellOrder(selected)].filter(Boolean),
    );
  };

  // The line at which each thread is, the running one first.
  const tellSource = () => {
    const panel = byId("source");
    const running = selected < 0 ? -1 : steps[selected].thread;
    const marks = new Map();
    for (const lane of [lanes[running], ...lanes.filter((lane) => lane.number !== running)]) {
      if (!lane) continue;
      const state = threadAt(lane, selected);
      if (state.site === undefined || state.site < 0 || (state.doing === "ended" && lane.number !== running)) continue;
      const [file, line, column] = data.sites[state.site];
      if (!marks.has(file)) marks.set(file, []);
      marks.get(file).push({ lane, line, column, doing: state.doing });
    }
    const blocks = [...marks].map(([file, here]) => excerpt(data.files[file], here, running));
    panel.replaceChildren(...(blocks.length ? blocks : [make("p", { class: "quiet" }, WORDS.noSource)]));
  };

  const excerpt = (file, marks, running) => {
    const around = (mark) => (mark.lane.number === running ? 5 : 1);
    const wanted = new Set();
    for (const mark of marks) for (let line = mark.line - around(mark); line <= mark.line + around(mark); line += 1) wanted.add(line);
    const body = make("div", { class: "code" });
    const most = Math.max(...marks.map((mark) => marks.filter((other) => other.line === mark.line).length));
    body.style.setProperty("--badges", `${Math.min(most, 3) * 2.9}em`);
    let last = 0;
    for (const [first, lines] of file.pieces) {
      lines.forEach((text, k) => {
        const line = first + k;
        if (!wanted.has(line)) return;
        if (last && line !== last + 1) body.append(make("div", { class: "gap" }, "⋮"));
        last = line;
        const here = marks.filter((mark) => mark.line === line);
        const current = here.find((mark) => mark.lane.number === running);
        const badges = here.map((mark) => make("span", { class: `badge hue${mark.lane.hue} ${mark.doing}`, title: `${mark.lane.label} ${DOING[mark.doing]}` }, mark.lane.short));
        body.append(make("div", { class: `line ${current ? "current" : here.length ? "marked" : ""}` },
          make("span", { class: "badges" }, ...badges), make("span", { class: "number" }, String(line)), codeOf(text, current)));
      });
    }
    const name = make("p", { class: "file" }, file.name);
    if (last) return make("div", {}, name, body);
    const places = marks.map((mark) => make("span", {}, nameOf(mark.lane.number), ` at line ${mark.line}`));
    return make("div", {}, name, make("p", { class: "quiet" }, ...list(places), "; the source was not found"));
  };

  // The text of a line, from the column of the running thread on underlined up to the end of the word.
  const codeOf = (text, mark) => {
    if (!mark || !mark.column || mark.column > text.length) return make("code", {}, text || " ");
    const letters = [...text];
    const start = mark.column - 1;
    let end = start;
    while (end < letters.length && /[\p{L}\p{N}_]/u.test(letters[end])) end += 1;
    end = Math.max(end, start + 1);
    const part = (from, to) => letters.slice(from, to).join("");
    return make("code", {}, part(0, start), make("u", {}, part(start, end)), part(end));
  };

  const tellObjects = () => {
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...["object", "value", "held by", "waited for by"].map((title) => make("th", { scope: "col" }, title)))));
    const body = make("tbody", {});
    const waiters = waitersOf(selected);
    objects.forEach((object, number) => {
      const state = objectAt(object, selected);
      const uses = selected >= 0 && steps[selected].object === number;
      const changed = uses && state.since === selected;
      if (!object.touched && !waiters[number].length && !object.last) return;
      const value = state.value === undefined || state.value === null ? "" : state.value;
      const name = make("button", { type: "button", class: "as-text", title: "Show only this object" }, object.label);
      name.addEventListener("click", () => pick("by-object", number));
      body.append(make("tr", { class: `${uses ? "used" : ""} ${changed ? "changed" : ""}`, "data-object": String(number) },
        make("th", { scope: "row" }, name, make("span", { class: "site" }, shortPlace(object.created))),
        make("td", { class: "value" }, value, state.final && value ? make("span", { class: "quiet" }, " at the end") : null),
        make("td", {}, ...list(state.holders.map(nameOf))),
        make("td", {}, ...list(waiters[number].map(nameOf)))));
    });
    table.append(body);
    byId("objects").replaceChildren(body.childElementCount ? table : make("p", { class: "quiet" }, "no objects"));
    const used = body.querySelector(".used");
    const box = byId("objects");
    if (used && used.offsetTop + used.offsetHeight > box.clientHeight) box.scrollTop = used.offsetTop - box.clientHeight / 2;
  };

  const tellThreads = () => {
    const body = make("tbody", {});
    for (const lane of lanes) {
      const state = threadAt(lane, selected);
      let text = DOING[state.doing];
      if (state.doing === "waiting") text = state.object >= 0 ? `waits for ${objects[state.object].label}` : "waits";
      const final = selected === count - 1 && lane.state;
      if (final) text = lane.state;
      const name = make("button", { type: "button", class: "as-text", title: "Show only this thread" }, nameOf(lane.number));
      name.addEventListener("click", () => pick("by-thread", lane.number));
      body.append(make("tr", { class: `${state.doing}`, "data-thread": String(lane.number) },
        make("th", { scope: "row" }, name), make("td", {}, text),
        make("td", { class: "site" }, state.latest === undefined ? "" : linkTo(state.latest, (!final && shortPlace(state.site)) || `step ${state.latest + 1}`))));
    }
    byId("threads").replaceChildren(make("table", {}, body));
  };

  const tell = () => {
    tellPlace();
    tellStep();
    tellSource();
    tellObjects();
    tellThreads();
    for (const now of document.querySelectorAll("#explorer .now")) now.textContent = selected < 0 ? "" : `after step ${selected + 1}`;
  };

  // ---- Moving.

  const reveal = (i) => {
    const { row } = ZOOMS[zoom];
    const y = position[i] * row;
    const margin = Math.min(2 * row, scroll.clientHeight / 3);
    if (y < scroll.scrollTop + margin) scroll.scrollTop = y - margin;
    else if (y + row > scroll.scrollTop + scroll.clientHeight - margin) scroll.scrollTop = y + row + margin - scroll.clientHeight;
    if (!ZOOMS[zoom].inside) return;
    const x = laneX(shownLanes.findIndex((lane) => lane.number === steps[i].thread));
    const right = x + ZOOMS[zoom].lane;
    if (x - NUMBERS - 20 < scroll.scrollLeft) scroll.scrollLeft = x - NUMBERS - 20;
    else if (right > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = right - scroll.clientWidth;
  };

  const select = (i, { quiet = false } = {}) => {
    if (!(i >= 0 && i < count)) return;
    selected = i;
    if (!quiet) history.replaceState(null, "", `#step=${i + 1}`);
    if (position[i] < 0) return clearFilter();
    resize();
    reveal(i);
    render();
    tell();
  };

  const pick = (filter, value) => {
    const input = byId(filter);
    input.value = input.value === String(value) ? "" : String(value);
    refilter();
  };
  const clearFilter = () => {
    for (const id of ["by-thread", "by-object", "by-text"]) byId(id).value = "";
    byId("causal").checked = false;
    refilter();
    if (selected >= 0) select(selected, { quiet: true });
  };

  const move = (by) => {
    if (!shown.length) return;
    select(shown[Math.min(shown.length - 1, Math.max(0, position[selected] + by))]);
  };
  const moveInThread = (by) => {
    const own = lanes[steps[selected].thread].steps;
    for (let turn = steps[selected].turn + by; own[turn] !== undefined; turn += by) {
      if (position[own[turn]] >= 0) return select(own[turn]);
    }
  };
  const moveToSwitch = (by) => {
    const switches = (k) => k === 0 || steps[shown[k]].thread !== steps[shown[k - 1]].thread;
    for (let k = position[selected] + by; k >= 0 && k < shown.length; k += by) {
      if (switches(k)) return select(shown[k]);
    }
  };
  const setZoom = (level) => {
    const next = Math.min(ZOOMS.length - 1, Math.max(0, level));
    if (next === zoom) return;
    const row = ZOOMS[zoom].row;
    const seen = (position[selected] + 0.5) * row - scroll.scrollTop;
    zoom = next;
    resize();
    // The selected step stays where it is on the screen.
    scroll.scrollTop = (position[selected] + 0.5) * ZOOMS[zoom].row - Math.min(Math.max(seen, 20), scroll.clientHeight - 20);
    if (selected >= 0) reveal(selected);
    render();
  };

  const page = () => Math.max(1, Math.floor(scroll.clientHeight / ZOOMS[zoom].row) - 1);
  const KEYS = {
    ArrowDown: () => move(1), ArrowRight: () => move(1), ArrowUp: () => move(-1), ArrowLeft: () => move(-1),
    "shift+ArrowDown": () => moveInThread(1), "shift+ArrowRight": () => moveInThread(1),
    "shift+ArrowUp": () => moveInThread(-1), "shift+ArrowLeft": () => moveInThread(-1),
    Home: () => move(-count), End: () => move(count),
    PageDown: () => move(page()), PageUp: () => move(-page()),
    "]": () => moveToSwitch(1), "[": () => moveToSwitch(-1),
    "+": () => setZoom(zoom + 1), "=": () => setZoom(zoom + 1), "-": () => setZoom(zoom - 1),
    "/": () => byId("by-text").focus(), Escape: () => clearFilter(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || selected < 0) return;
    const target = event.target;
    if (target.matches("input[type=search]")) {
      if (event.key === "Escape") { clearFilter(); scroll.focus(); }
      return;
    }
    if (target.matches("select, summary")) return;
    if (!(target === document.body || byId("explorer").contains(target))) return;
    const shift = event.shiftKey && event.key.startsWith("Arrow") ? "shift+" : "";
    const act = KEYS[shift + event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const stepUnder = (event) => {
    const row = event.target.closest && event.target.closest(".row");
    return row ? Number(row.dataset.step) - 1 : -1;
  };
  rows.addEventListener("click", (event) => {
    const i = stepUnder(event);
    if (i >= 0) select(i);
  });
  rows.addEventListener("pointermove", (event) => hover(stepUnder(event)));
  scroll.addEventListener("pointerleave", () => hover(-1));
  const hover = (i) => {
    if (i === hovered) return;
    hovered = i;
    requestAnimationFrame(render);
  };
  scroll.addEventListener("scroll", () => {
    byId("heads").style.transform = `translateX(${-scroll.scrollLeft}px)`;
    requestAnimationFrame(render);
  });
  new ResizeObserver(() => requestAnimationFrame(render)).observe(scroll);

  const fromHash = () => {
    const found = /^#step=(\d+)$/.exec(location.hash);
    if (!found) return false;
    select(Math.min(count, Math.max(1, Number(found[1]))) - 1, { quiet: true });
    return count > 0;
  };
  window.addEventListener("hashchange", fromHash);

  // ---- Copying.

  const copy = async (text, source) => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
    }
    byId("told").textContent = done ? WORDS.copied : WORDS.notCopied;
    setTimeout(() => { byId("told").textContent = ""; }, 4000);
  };
  const offerCopy = (name, text) => {
    const button = byId(`copy-${name}`);
    button.hidden = !text;
    button.addEventListener("click", () => copy(text, byId(name)));
  };

  // ---- Beginning.

  const fill = (id, items) => {
    byId(id).append(make("option", { value: "" }, WORDS.all), ...items.map(([value, label]) => make("option", { value: String(value) }, label)));
    byId(id).addEventListener("change", refilter);
  };
  // The participants lead to their steps.
  const linkParts = () => {
    [...byId("parts").children].forEach((item, i) => {
      if (partSteps[i] >= 0) item.replaceChildren(make("a", { href: `#step=${partSteps[i] + 1}` }, ...item.childNodes));
    });
  };

  offerCopy("command", data.command);
  offerCopy("token", data.token);
  linkParts();
  if (!count) return;
  byId("explorer").hidden = false;
  byId("table").open = false;
  fill("by-thread", lanes.map((lane) => [lane.number, lane.label]));
  fill("by-object", objects.map((object, i) => [i, object.label]).filter(([i]) => objects[i].touched));
  byId("aside").hidden = !steps.some((step) => step.aside);
  byId("causal").addEventListener("change", refilter);
  byId("by-text").addEventListener("input", refilter);
  byId("clear").addEventListener("click", clearFilter);
  const press = (id, act) => byId(id).addEventListener("click", act);
  press("first", () => move(-count));
  press("last", () => move(count));
  press("back", () => move(-1));
  press("forward", () => move(1));
  press("wider", () => setZoom(zoom + 1));
  press("narrower", () => setZoom(zoom - 1));
  zoom = fitting();
  selected = count - 1;
  refilter();
  if (!fromHash()) select(count - 1, { quiet: true });
  document.body.dataset.ready = "true";
})();
