// What is chosen, and what follows from it. `window.convcli` is there for tests and for the curious.
const TOO_LARGE = 15;
const LUMA = -1; // as a channel

const DRAWN = {
  neutral: "", zero: "0 0 0 | a b c d | 0 0 0", constant: "v v v | a b c d | v v v", reflect: "d c b | a b c d | c b a",
  replicate: "a a a | a b c d | d d d", wrap: "b c d | a b c d | a b c", symmetric: "c b a | a b c d | d c b",
  valid: "| a b c d |",
};
const POOLED = { max: "maximum", min: "minimum", avg: "average", median: "median", lp: "Lp norm" };

const sets = structuredClone(data.settings);
if (sets.pool.p === "inf") sets.pool.p = Infinity;
const state = {
  settings: sets[data.begins], kernel: null, choice: 0, begun: data.kernel, part: 0,
  channel: data.channel ?? (data.luma ? LUMA : 0), at: [...data.at], held: false, playing: 0, chosen: null,
};
let colours = [], luma = null, found = null, trace = null;
const films = { input: null, result: null }, views = { input: null, result: null };

const addsChannels = ({ weights }) => weights.length > 1;
const pictureNow = () => (state.channel === LUMA ? luma : colours[state.channel]);
const taken = (part) => (addsChannels(part) ? colours : [pictureNow()]);
const partNow = () => state.kernel.parts[state.part];
const added = () => !isPooling(state.settings) && addsChannels(partNow());
const planeNow = () => partNow().weights[added() ? state.channel : 0];
const sizeText = ({ height, width }) => `${height} x ${width}`;
const channelName = (index) => (index === LUMA ? say("luma (Rec. 601)")
  : data.channels[index] ? say(data.channels[index]) : say("channel {index}", { index }));
const partName = (index) => state.kernel.parts[index].name || (state.kernel.combine === "none"
  ? say("map {index}", { index }) : say("component {index} of {count}", { index: index + 1, count: state.kernel.parts.length }));

// Everything anew: after any setting has changed.
function recompute() {
  if (added() && state.channel === LUMA) state.channel = 0;
  found = computed(taken, state.kernel, state.settings, state.part);
  found.of = pictureNow();
  found.shown = found.padded[added() ? state.channel : 0];
  const neutral = state.settings.pad === "neutral" && !countsZeros(state.settings);
  films.input = developed(found.shown, tones(data.white === null ? rangeOf(found.of.values) : { low: 0, high: data.white }), neutral);
  films.result = found.result && developed(found.result, tones(rangeDrawn()));
  if (found.result) state.at = within(...state.at);
  const large = Math.max(...found.size) > TOO_LARGE;
  editor(one("editor"), isPooling(state.settings) || large ? [[0]] : planeNow(), (i, j, value) => {
    planeNow()[i][j] = value;
    state.choice = "own";
    recompute();
  });
  tellSettings(large);
  for (const update of fields) update();
  arrange();
}

// Kernels that keep the brightness, and pooling, are seen best as a file would hold their result.
function rangeDrawn() {
  const how = one("shown-as").value, { operation } = state.settings, pooling = operation in POOL;
  const sum = sumOf(partNow().weights.flat(2)), keeps = pooling ? operation !== "lp" : !found.combine && sum > 0.5 && sum < 1.5;
  if (how === "stored" || (how === "auto" && keeps && data.white !== null)) return { low: 0, high: data.white ?? 1 };
  return rangeOf(how === "auto" && keeps && pooling ? found.of.values : found.result.values);
}

// Both pictures side by side, or one below the other where only so their numbers fit.
function arrange() {
  const pictures = one("pictures"), wide = pictures.clientWidth;
  const some = [films.input, films.result].filter(Boolean);
  pictures.classList.toggle("stacked", stacked(some, wide, 12, tallestOf(one("input"))));
  follow();
  for (const id of ["input", "result"]) {
    const { picture, texts } = views[id]?.numbers ? { ...films[id], ...views[id].numbers } : {};
    one(`${id}-numbers`).hidden = !picture;
    if (!picture) continue;
    const cells = grid(one(`${id}-numbers`), picture.height, picture.width);
    cells.forEach((row, i) => row.forEach((cell, j) => (cell.textContent = texts[i * picture.width + j])));
  }
}

// Everything about one pixel: after it has changed.
function follow() {
  const ready = Boolean(found.result);
  for (const id of ["steps", "stepper", "now"]) one(id).hidden = !ready;
  trace = ready ? traced(found, state.settings, state.at) : null;
  if (!ready) {
    views.input = drawInput(one("input"), films.input, found.of, null);
    views.result = null;
    one("result").width = 1;
    tell({ field: "" });
    tellCanvases();
    return;
  }
  const channel = added() ? state.channel : 0, seen = { ...trace, ...trace.windows[channel] };
  const chosen = state.chosen ? seen.taps[state.chosen[0]]?.[state.chosen[1]] ?? null : null;
  views.input = drawInput(one("input"), films.input, found.of, seen, chosen);
  views.result = drawResult(one("result"), films.result, state.at);
  one("around").hidden = Boolean(views.input.numbers);
  one("step").classList.toggle("whole", Boolean(views.input.numbers));
  if (!views.input.numbers) {
    const { tone, neutral } = films.input;
    drawInput(one("lens"), developed(aroundOf(found.shown, trace), tone, neutral), found.of, seen, chosen);
  }
  fillRows(trace.windows, channel, state.settings, state.chosen);
  chips("channel-chips", data.channels.map((_, index) => channelName(index)), trace.windows.map(({ sum }) => sum), channel, (index) => {
    state.channel = index;
    recompute();
  });
  chips("part-chips", state.kernel.parts.map((_, index) => partName(index)), trace.parts ?? [], state.part, (index) => {
    state.part = index;
    recompute();
  }, found.combine === "max" ? COMBINE.max(trace.parts) : null);
  tellSums(seen);
  tell({
    which: say("Output pixel ({at})", { at: trace.at.join(", ") }),
    origin: originOf(seen, chosen), now: spokenOf(trace), field: fieldOf(trace),
  });
  [one("row").value, one("column").value] = trace.at;
  tellCanvases();
}

function play(on) {
  clearInterval(state.playing);
  state.playing = on && found.result ? setInterval(advance, 350) : 0;
  // a screen reader could not keep up
  one("now").setAttribute("aria-live", state.playing ? "off" : "polite");
  tellPlaying();
}

function tellPlaying() {
  one("play").setAttribute("aria-pressed", String(Boolean(state.playing)));
  one("play").textContent = state.playing ? say("Pause") : say("Play");
}

function hold(on) {
  state.held = on;
  one("hold").setAttribute("aria-pressed", String(on));
}

const within = (row, column) => [clamp(row, found.result.height - 1), clamp(column, found.result.width - 1)];

function select(row, column) {
  if (!found.result) return;
  state.at = within(row, column);
  follow();
}

const step = (down, across) => select(state.at[0] + down, state.at[1] + across);

// The way of the sliding window: row by row, and again from the start.
function advance() {
  const { height, width } = found.result;
  const next = (state.at[0] * width + state.at[1] + 1) % (height * width);
  select(Math.floor(next / width), next % width);
}

function choose(index, part = 0) {
  const { name, parts, combine } = structuredClone(data.kernels[index]);
  Object.assign(state, { choice: index, begun: index, part, kernel: { name, parts, combine } });
}

// All texts that scripts write, in the language of now.
function tellAll() {
  tellPlaying();
  tellChoices();
  delete one("editor").dataset.size;
  one("windows").replaceChildren(one("windows").firstElementChild);
  recompute();
}

async function begin() {
  colours = await unpacked(data.pixels);
  luma = data.luma ? lumaOf(colours) : null;
  for (const part of data.kernels.flatMap(({ parts }) => parts)) part.weights = (await unpacked(part.weights)).map(rowsOf);
  choose(data.kernel, data.map);
  wireOperation();
  wireSettings();
  wirePictures();
  tellAll();
  document.addEventListener("language", tellAll);
  new ResizeObserver(arrange).observe(one("pictures"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
}

window.convcli = {
  ready: begin(), state, select,
  trace: () => trace,
  result: () => found.result,
  compute: (kernel, settings, part) => computed(taken, kernel, settings, part).result,
};
