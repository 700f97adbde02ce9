const state = { study: data.studies.length - 1, mode: "", split: 0.5, difference: false, limit: 0, row: 0,
  column: 0, logarithmic: false };
const study = () => data.studies[state.study];
const told = () => study().told[language];
const current = () => study().cases.find((each) => each.mode === state.mode) ?? study().cases[0];
const colour = (index) => data.colours[index % data.colours.length];
const DASHES = ["", "8 4", "2 3", "10 3 2 3", "5 5", "14 4", "1 5"];

// Numbers of one array: steps, stored as differences from their neighbours, high bytes first; 65535 is none.
const kept = new Map();
async function numbers(array) {
  if (!kept.has(array)) kept.set(array, await unpack(array));
  return kept.get(array);
}
async function unpack({ shape, low, step, data: text }) {
  const halves = new Uint8Array(await inflated(text));
  const [height, width, channels = 1] = shape, across = width * channels;
  const counts = new Uint16Array(height * across), values = new Float64Array(height * across);
  for (let at = 0; at < counts.length; at++) {
    const folded = halves[at] * 256 + halves[counts.length + at], above = at >= across;
    const left = at % across >= channels;
    counts[at] = ((folded >>> 1) ^ -(folded & 1)) + (left ? counts[at - channels] : 0)
      + (above ? counts[at - across] : 0) - (left && above ? counts[at - across - channels] : 0);
    values[at] = counts[at] === 65535 ? NaN : low + step * counts[at];
  }
  return { height, width, channels, values };
}

const at = (array, row, column) => {
  const start = (row * array.width + column) * array.channels;
  return [...array.values.subarray(start, start + array.channels)];
};
const strongest = (values) => values.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));

// The colour of results: as Python's Tones.
function toned(values) {
  const { signed, tone } = study();
  if (values.some(Number.isNaN)) return [90, 90, 90];
  if (signed && values.length === 1) return diverging(values[0] / tone);
  const greys = values.map((value) => {
    const share = signed ? 0.5 + (0.5 * value) / tone : value / tone;
    return Math.round(255 * clamp(share, 1));
  });
  return greys.length === 3 ? greys : [greys[0], greys[0], greys[0]];
}

// Pixels of the truth left of column `until`, and of the mode from there on.
function painted(truth, error, start, width, until) {
  const image = new ImageData(width, truth.height);
  for (let row = 0; row < truth.height; row++) {
    for (let column = 0; column < width; column++) {
      const was = at(truth, row, start + column);
      const by = column < until ? null : at(error, row, start + column);
      const mixed = by === null ? toned(was)
        : state.difference ? diverging(strongest(by) / state.limit)
        : toned(was.map((value, channel) => value + by[channel]));
      image.data.set([...mixed, 255], 4 * (row * width + column));
    }
  }
  return image;
}

let drawn = null; // the picture without its marks
let shownArrays = null;
async function redraw() {
  const now = study(), mode = current();
  const [truth, error, truthCorners, errorCorners] = await Promise.all(
    [now.truth, mode.error, now.truthCorners, mode.errorCorners].map(numbers));
  if (now !== study() || mode !== current()) return;
  shownArrays = { truth, error };
  const view = one("view");
  view.width = truth.width;
  view.height = truth.height;
  drawn = painted(truth, error, 0, truth.width, Math.round(state.split * truth.width));
  mark();
  drawCorners(truthCorners, errorCorners);
  read();
  document.body.dataset.ready = `${state.study} ${mode.mode}`;
}

function mark() {
  if (drawn === null) return;
  const view = one("view"), pen = view.getContext("2d");
  pen.putImageData(drawn, 0, 0);
  const until = Math.round(state.split * view.width);
  pen.fillStyle = "#ffb000";
  if (until > 0 && until < view.width) pen.fillRect(until, 0, 1, view.height);
  pen.strokeStyle = "#ffb000";
  pen.strokeRect(state.column - 1.5, state.row - 1.5, 4, 4);
}

function drawCorners(truth, error) {
  const { side, corners } = study();
  all("#corners figure").forEach((figure, index) => {
    const canvas = figure.querySelector("canvas"), pen = canvas.getContext("2d");
    canvas.width = 2 * side + 1;
    canvas.height = side;
    pen.putImageData(painted(truth, error, index * side, side, side), 0, 0);
    pen.putImageData(painted(truth, error, index * side, side, 0), side + 1, 0);
    const mean = current().cornerErrors[corners[index]];
    const words = mean === undefined || mean === null ? "" : say("; mean error {error}", { error: shown(mean, 3) });
    figure.querySelector("figcaption").textContent =
      `${say(corners[index])}${say(": ")}${say(study().reference)} | ${modeWords()}${words}`;
    canvas.setAttribute("aria-label", figure.textContent.trim());
  });
}

function read() {
  const { truth, error } = shownArrays;
  const was = at(truth, state.row, state.column), by = at(error, state.row, state.column);
  const [height, width] = study().size;
  const row = study().rows[state.row], column = study().columns[state.column];
  const words = (values) => values.map((value) => (Number.isNaN(value) ? say("no pixel") : shown(value))).join("  ");
  tell({
    place: `${row}, ${column}`,
    distance: Math.min(row, column, height - 1 - row, width - 1 - column),
    was: words(was),
    is: words(was.map((value, channel) => value + by[channel])),
    differs: words(by),
  });
}

function moveTo(row, column) {
  state.row = clamp(row, study().rows.length - 1);
  state.column = clamp(column, study().columns.length - 1);
  if (shownArrays === null) return;
  mark();
  read();
}

const modeWords = () => (state.difference ? say("difference of {mode}", current()) : current().mode);

// Everything in words and tables that depends on the layer and the mode.
function describe() {
  const now = study(), mode = current();
  all("#modes button").forEach((button, index) => {
    const { best } = data.studies.at(-1).cases[index];
    button.textContent = `${index + 1} ${button.value}${best ? say(", best") : ""}`;
    button.setAttribute("aria-pressed", button.value === mode.mode);
  });
  [...one("stage").options].forEach((option, index) => {
    option.textContent = data.studies[index].told[language].stage || String(index + 1);
  });
  one("scale").classList.toggle("on", state.difference);
  tell({
    title: told().title,
    verdict: told().verdict,
    facts: told().facts,
    before: say(now.reference),
    after: modeWords(),
    unit: say(now.unit),
    reference: say(now.reference),
    moded: mode.mode,
    least: say("{limit} or less", { limit: shown(-state.limit, 3) }),
    most: say("{limit} or more", { limit: shown(state.limit, 3) }),
  });
  one("reduced").textContent = (now.whole ? ""
    : say("The picture is large: {columns} of its {width} columns and {rows} of its {height} rows are shown, those at the border among them; the corners are whole. ",
    { columns: now.columns.length, rows: now.rows.length, width: now.size[1], height: now.size[0] }))
    + (now.channels !== 1 && now.channels !== 3 ? say("The first of {channels} channels is shown. ", now) : "")
    + (now.steps < 65534 ? say("The {reference} is stored in {steps} steps from least to greatest.",
      { reference: say(now.reference), steps: now.steps }) : "");
  one("view").setAttribute("aria-label", say("Left of the slider the {reference}, right of it {mode}, as a picture",
    { reference: say(now.reference), mode: modeWords() }));
  figuresTable();
  distancesTable();
  plot();
}

function table(target, [head, ...rows]) {
  const line = (cells, scope) => element("tr", {}, ...cells.map((text, index) =>
    (scope === "col" || index === 0 ? element("th", { text, scope }) : element("td", { text }))));
  const body = element("tbody", {}, ...rows.map((cells) => line(cells, "row")));
  target.replaceChildren(element("thead", {}, line(head, "col")), body);
  return [...body.rows];
}

function figuresTable() {
  table(one("figures"), told().figures).forEach((row, index) => {
    row.classList.toggle("on", study().cases[index] === current());
    row.addEventListener("click", () => choose({ mode: study().cases[index].mode }));
  });
}

function distancesTable() {
  table(one("distances"), told().distances);
  [...one("distances").tHead.rows[0].cells].forEach((cell) =>
    cell.classList.toggle("on", cell.textContent === current().mode));
}

function ticks(low, high, most) {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const step = [1, 2, 5, 10, 20].map((times) => times * power).find((each) => (high - low) / each < most);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) => (first + index) * step);
}

function plot() {
  const cases = study().cases, W = Math.max(280, one("plot").clientWidth), H = 340;
  const left = 56, top = 28, right = W - 12, bottom = H - 46;
  const known = cases.flatMap((each) => each.byDistance).filter((value) => typeof value === "number"
    && (value > 0 || !state.logarithmic));
  const count = Math.max(2, ...cases.map((each) => each.byDistance.length));
  let high = Math.max(...known, state.logarithmic ? 1e-12 : 0) || 1, low = 0;
  if (state.logarithmic) {
    low = 10 ** Math.floor(Math.log10(Math.max(Math.min(high, ...known), high / 1e6)));
    high = Math.max(10 * low, 10 ** Math.ceil(Math.log10(high)));
  }
  const x = (index) => left + ((right - left) * index) / (count - 1);
  const y = (value) => bottom - (bottom - top) * (state.logarithmic
    ? Math.log(value / low) / Math.log(high / low) : value / high);
  const parts = [];
  const add = (name, attributes, text = "") => parts.push(
    `<${name} ${Object.entries(attributes).map(([key, value]) => `${key}="${value}"`).join(" ")}>${text}</${name}>`);
  const levels = state.logarithmic
    ? ticks(Math.log10(low), Math.log10(high), 9).filter(Number.isInteger).map((power) => 10 ** power)
    : ticks(low, high, 6);
  for (const level of levels) {
    add("line", { x1: left, x2: right, y1: y(level), y2: y(level) });
    add("text", { x: left - 7, y: y(level) + 4, "text-anchor": "end", class: "level" },
      level > 0 && level < 1e-3 ? level.toExponential() : shown(level, 3));
  }
  for (const index of ticks(0, count - 1, Math.round(W / 60)).filter(Number.isInteger)) {
    add("line", { x1: x(index), x2: x(index), y1: bottom, y2: bottom + 5 });
    add("text", { x: x(index), y: bottom + 19, "text-anchor": "middle" }, index);
  }
  add("text", { x: 4, y: 14, class: "faint" }, say("mean absolute error, {unit}", { unit: say(study().unit) }));
  add("text", { x: (left + right) / 2, y: H - 6, "text-anchor": "middle", class: "faint" },
    say("distance from the border, in pixels"));
  if (study().band < count) {
    const edge = x(study().band);
    add("line", { x1: edge, x2: edge, y1: top, y2: bottom, class: "edge" });
    add("text", { x: edge - 5, y: top + 12, "text-anchor": "end", class: "faint" }, say("band: {band}", study()));
  }
  cases.forEach((each, series) => {
    const runs = [[]];
    each.byDistance.forEach((value, index) => {
      if (typeof value === "number" && value >= low) {
        runs.at(-1).push(`${x(index).toFixed(1)},${y(value).toFixed(1)}`);
      } else runs.push([]);
    });
    for (const run of runs.filter((points) => points.length > 0)) {
      const points = run.length > 1 ? run : [run[0], run[0]];
      add("polyline", { points: points.join(" "), stroke: colour(series), "stroke-dasharray": DASHES[series % 7],
        "stroke-linecap": "round", class: each === current() ? "on" : "", "data-mode": each.mode });
    }
  });
  const words = cases.map(({ mode, byDistance: [first] }) =>
    `${mode} ${typeof first === "number" ? shown(first, 3) : say(first ?? "none")}`).join(say(", "));
  const name = say("Mean absolute error by distance. At the border: {words}.", { words });
  one("plot").innerHTML = `<svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${name}">${parts.join("")}</svg>`;
}

function choose(changes) {
  const before = study();
  Object.assign(state, changes);
  if (study() !== before) restart();
  describe();
  redraw();
}

// What belongs to one layer's arrays alone.
function restart() {
  const { amplitude, rows, columns } = study();
  state.limit = amplitude;
  one("limit").replaceChildren(...[0.1, 0.25, 0.5, 1, 2, 4, 10].map((times) =>
    new Option(shown(times * amplitude, 3), times * amplitude, times === 1, times === 1)));
  state.row = Math.min(state.row, rows.length - 1);
  state.column = Math.min(state.column, columns.length - 1);
}

function step(by) {
  const cases = study().cases, index = cases.indexOf(current());
  choose({ mode: cases[(index + by + cases.length) % cases.length].mode });
}

function start() {
  tell({ lastKey: data.studies.at(-1).cases.length });
  const { cases, corners } = study();
  state.mode = data.opens;
  one("modes").append(...cases.map((each) => element("button", { value: each.mode })));
  on("modes", "click", (event) => event.target.value && choose({ mode: event.target.value }));
  one("legend").innerHTML = cases.map((each, index) => `<span><svg viewBox="0 0 34 10"><line x1="1" x2="33" y1="5"
    y2="5" stroke-width="3" stroke="${colour(index)}" stroke-dasharray="${DASHES[index % 7]}"/></svg> ${each.mode}</span>`).join("");
  one("stages").hidden = data.studies.length === 1;
  one("stage").append(...data.studies.map((each, index) => new Option("", index)));
  one("stage").value = state.study;
  one("corners").append(...corners.map(() =>
    element("figure", {}, element("canvas", { role: "img" }), element("figcaption"))));
  const bar = new ImageData(201, 1);
  for (let index = 0; index < 201; index++) bar.data.set([...diverging((index - 100) / 100), 255], 4 * index);
  one("scalebar").getContext("2d").putImageData(bar, 0, 0);
  on("stage", "change", (event) => choose({ study: Number(event.target.value) }));
  on("difference", "change", (event) => choose({ difference: event.target.checked }));
  on("limit", "change", (event) => choose({ limit: Number(event.target.value) }));
  on("split", "input", (event) => choose({ split: event.target.value / 100 }));
  on("logarithmic", "change", (event) => choose({ logarithmic: event.target.checked }));
  const pointed = (event) => {
    const box = one("view").getBoundingClientRect();
    moveTo(Math.floor(((event.clientY - box.top - 1) / (box.height - 2)) * one("view").height),
      Math.floor(((event.clientX - box.left - 1) / (box.width - 2)) * one("view").width));
  };
  on("view", "pointermove", pointed);
  on("view", "pointerdown", pointed);
  window.addEventListener("resize", plot);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const ways = { n: () => step(1), p: () => step(-1), d: () => one("difference").click(),
      l: () => one("logarithmic").click() };
    const number = Number(event.key);
    if (event.target === one("view") && event.key in arrows) {
      const [down, across] = arrows[event.key].map((by) => by * (event.shiftKey ? 10 : 1));
      moveTo(state.row + down, state.column + across);
      event.preventDefault();
    } else if (event.target.tagName !== "SELECT" && number >= 1 && number <= cases.length) {
      choose({ mode: cases[number - 1].mode });
    } else if (event.target.tagName !== "SELECT" && event.key in ways) ways[event.key]();
  });
  document.addEventListener("language", () => choose({}));
  restart();
  choose({});
}
start();
