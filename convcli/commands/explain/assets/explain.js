// What is chosen, and what follows from it. `window.convcli` is there for tests and for the curious.
const TOO_LARGE = 15;

const DRAWN = {
  zero: "0 0 0 | a b c d | 0 0 0", constant: "v v v | a b c d | v v v", reflect: "d c b | a b c d | c b a",
  replicate: "a a a | a b c d | d d d", wrap: "b c d | a b c d | a b c", symmetric: "c b a | a b c d | d c b",
  valid: "| a b c d |: nothing is made up",
};
const AMOUNTS = {
  same: "as much as keeps the size at stride 1", full: "wherever kernel and picture touch",
  valid: "the kernel stays within the picture",
};

const state = {
  settings: structuredClone(data.settings),
  kernel: [], weights: 0, at: [...data.at], held: false, playing: 0, chosen: null,
};
let planes = [], picture = null, found = null, trace = null;
let films = { input: null, result: null }, views = { input: null, result: null }, tone = null;

const copy = (kernel) => kernel.map((row) => [...row]);

// Everything anew: after any setting has changed.
function recompute() {
  const before = found?.padded;
  found = computed(picture, state.kernel, state.settings);
  one("problem").textContent = found.result ? "" : "The kernel is larger than the padded picture: make it "
    + "smaller, or pad more.";
  if (!before || before.width !== found.padded.width || !sameValues(before.values, found.padded.values)) {
    films.input = developed(found.padded, tone);
  }
  if (found.result) {
    const { values } = found.result;
    const range = drawnAsStored() ? { low: 0, high: data.white ?? 1 } : rangeOf(values);
    films.result = developed(found.result, tones(range));
    const colours = range.low < 0 ? "blue to red" : "black to white";
    one("result-words").textContent =
      `${found.result.height} x ${found.result.width}, ${brief(range.low)} to ${brief(range.high)} as ${colours}`;
    state.at = within(...state.at);
  }
  tellSettings();
  editor(one("editor"), state.kernel.length <= TOO_LARGE && state.kernel[0].length <= TOO_LARGE ? state.kernel : [[0]],
    (i, j, value) => {
      state.kernel[i][j] = value;
      one("kernel").value = "own";
      recompute();
    });
  follow();
}

// Kernels that keep the brightness, as blurs and sharpeners do, are seen best as a file would hold their result.
function drawnAsStored() {
  const how = one("shown-as").value;
  const sum = sumOf(state.kernel.flat());
  return how === "stored" || (how === "auto" && data.white !== null && sum > 0.5 && sum < 1.5);
}

const sameValues = (some, others) => some.length === others.length && some.every((value, at) => value === others[at]);

// Everything about one pixel: after it has changed.
function follow() {
  const ready = Boolean(found.result);
  for (const id of ["steps", "stepper", "now"]) one(id).hidden = !ready;
  trace = ready ? traced(found, state.settings, state.at) : null;
  if (!ready) {
    drawInput(one("input"), films.input, found, picture, null);
    one("result").width = 1;
    tell({ "result-words": "no output pixels", field: "" });
    tellCanvases();
    return;
  }
  const chosen = state.chosen ? trace.taps[state.chosen[0]]?.[state.chosen[1]] ?? null : null;
  views.input = drawInput(one("input"), films.input, found, picture, trace);
  views.result = drawResult(one("result"), films.result, found, state.at);
  drawLens(one("lens"), found, picture, trace, tone, chosen);
  fillTables(trace, state.settings, chosen);
  const { sum, bias, value, at } = trace;
  tell({
    which: `Output pixel (${at.join(", ")})`,
    sum: sumText(trace),
    "bias-shown": shown(bias, 6),
    value: `${shown(sum, 6)} ${bias < 0 ? "\u2212" : "+"} ${shown(Math.abs(bias), 6)} = ${shown(value, 6)}`,
    origin: originOf(chosen),
    now: spokenOf(trace),
  });
  one("stored-title").hidden = one("stored").hidden = data.white === null;
  if (data.white !== null) {
    const kept = storedOf(value, data.white);
    const cut = Math.abs(kept - value) > 0.5 ? `, cut to fit 0 to ${data.white}` : kept === value ? "" : ", rounded";
    tell({ stored: `${kept}${cut}` });
  }
  one("row").value = at[0];
  one("column").value = at[1];
  one("field").textContent = fieldOf(trace);
  tellCanvases();
}

function originOf(chosen) {
  if (chosen) {
    const seen = chosen.padding
      ? `padding, ${chosen.from ? `taken from ${placeText(chosen.from)}` : "the constant"}` : "a pixel of the picture";
    return `At ${placeText(chosen.place)}: ${seen}. ${shown(chosen.value)} \u00d7 ${shown(chosen.weight)} = ${shown(chosen.product)}.`;
  }
  const made = trace.flat.filter((tap) => tap.padding);
  if (!made.length) return "Every pixel of this window lies in the picture.";
  if (made.some((tap) => tap.from)) {
    return one("tables").classList.contains("dense")
      ? "Dashed pixels are padding: point at one to see where it was taken from."
      : "Dashed pixels are padding; below each is the row,column that it was taken from.";
  }
  return `Dashed pixels are padding: the constant ${shown(made[0].value)}.`;
}

function tellSettings() {
  const { settings } = state, [[top, bottom], [left, right]] = found.sides;
  const made = top || bottom || left || right;
  one("input-words").textContent = `${found.padded.height} x ${found.padded.width}, `
    + (made ? `striped: ${settings.pad} padding` : "no padding");
  const own = typeof settings.padding !== "string", valid = settings.pad === "valid";
  tell({
    "pad-drawing": DRAWN[settings.pad],
    "amount-words": valid || own ? "" : AMOUNTS[settings.padding],
    "height-formula": sizeFormula(0, picture, found, settings),
    "width-formula": sizeFormula(1, picture, found, settings),
  });
  one("constant-row").hidden = settings.pad !== "constant";
  one("amount-row").hidden = valid;
  one("own-row").hidden = valid || !own;
  const large = Math.max(state.kernel.length, state.kernel[0].length) > TOO_LARGE;
  one("editor-frame").hidden = one("sizes").hidden = large;
  one("too-large").textContent = large ? `${state.kernel.length} x ${state.kernel[0].length} weights are too many to edit here.` : "";
  one("rows").value = state.kernel.length;
  one("columns").value = state.kernel[0].length;
  const about = data.kernels[Number(one("kernel").value)]?.about ?? "";
  const sum = sumOf(state.kernel.flat());
  one("about").textContent = `${about}${about ? ". " : ""}${state.kernel.length} x ${state.kernel[0].length}, sum ${shown(Math.abs(sum) < 1e-12 ? 0 : sum, 4)}`;
}

// What each canvas shows, for those who do not see it.
function tellCanvases() {
  const channel = data.channels.length > 1 ? `, ${one("channel").selectedOptions[0].text}` : "";
  const seen = trace ? `. ${fieldOf(trace)}` : "";
  const kind = state.settings.convolve ? "convolution" : "correlation";
  const steps = trace ? ": arrow keys choose the output pixel" : "";
  const names = {
    input: `${data.name}${channel}, ${one("input-words").textContent}${seen}`,
    result: `Result of ${nameOfKernel()}, ${kind}, ${one("result-words").textContent}${steps}`,
    lens: `The window, enlarged: ${trace ? spokenOf(trace) : "it does not fit"}`,
  };
  for (const [id, name] of Object.entries(names)) one(id).setAttribute("aria-label", name);
}

const nameOfKernel = () => data.kernels[Number(one("kernel").value)]?.name ?? "the edited kernel";

function fieldOf({ first, last }) {
  const inside = [picture.height, picture.width].map((size, axis) => [Math.max(0, first[axis]), Math.min(size - 1, last[axis])]);
  const length = ([start, end]) => Math.max(0, end - start + 1);
  return `Receptive field: rows ${ends(first[0], last[0])}, columns ${ends(first[1], last[1])} `
    + `(${last[0] - first[0] + 1} x ${last[1] - first[1] + 1}); ${inside.map(length).join(" x ")} of it in the picture.`;
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

function play(on) {
  clearInterval(state.playing);
  state.playing = on && found.result ? setInterval(advance, 350) : 0;
  one("play").setAttribute("aria-pressed", String(Boolean(state.playing)));
  one("play").textContent = state.playing ? "Pause" : "Play";
  // a screen reader could not keep up
  one("now").setAttribute("aria-live", state.playing ? "off" : "polite");
}

function hold(on) {
  state.held = on;
  one("hold").setAttribute("aria-pressed", String(on));
}

function choose(index) {
  const chosen = data.kernels[index];
  state.weights = index;
  state.kernel = copy(chosen.weights);
}

function look(channel) {
  picture = planes[channel];
  const range = rangeOf(picture.values);
  tone = data.white === null ? tones(range) : tones({ low: 0, high: data.white });
  found = null;
}

function tellPicture() {
  const { shape: [, height, width] } = data.pixels;
  const whole = height === data.size[0] && width === data.size[1];
  const [top, left] = data.start;
  const part = whole ? "" : ` The page holds rows ${top} to ${top + height - 1} and columns ${left} to ${left + width - 1} of it, `
    + "counted from 0 here: padding is made up at the edges of this part.";
  one("lead").textContent = `${data.name}, ${data.size[0]} x ${data.size[1]} pixels${data.channels.length > 1
    ? `, one channel at a time` : ""}.${part} Each pixel of the result is a sum: the window's pixels times the `
    + "kernel's weights. Point at a pixel, change a weight, change the padding.";
  one("notes").append(...data.notes.map((text) => element("p", { text })));
}

async function begin() {
  planes = await unpacked(data.pixels);
  if (data.luma) planes.unshift(lumaOf(planes));
  look(0);
  choose(0);
  tellPicture();
  wireKernel();
  wireSettings();
  wirePictures();
  recompute();
  new ResizeObserver(() => follow()).observe(one("pictures"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
}

window.convcli = {
  ready: begin(), state, select,
  trace: () => trace,
  result: () => found.result,
  compute: (kernel, settings) => computed(picture, kernel, settings).result,
};
