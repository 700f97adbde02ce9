// How people steer: pointers, keys, fields. Each changes the state and has what follows from it told anew.

const keys = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [-10, 0], PageDown: [10, 0],
};

function pressed(event) {
  if (!found.result || event.altKey || event.metaKey) return;
  const { height, width } = found.result;
  const times = event.shiftKey ? 10 : 1;
  if (keys[event.key]) step(keys[event.key][0] * times, keys[event.key][1] * times);
  else if (event.key === "Home") select(event.ctrlKey ? 0 : state.at[0], 0);
  else if (event.key === "End") select(event.ctrlKey ? height - 1 : state.at[0], width - 1);
  else if (event.key === " ") play(!state.playing);
  else if (event.key === "Enter") hold(!state.held);
  else if (event.key === "Escape") hold(false);
  else return;
  event.preventDefault();
}

// The output pixel under a pointer: on the result itself, on the input the one whose window is centred there.
function under(event, canvas) {
  const view = views[canvas];
  const row = Math.floor(event.offsetY / view.scale), column = Math.floor(event.offsetX / view.scale);
  if (canvas === "result") return [row, column];
  return [row, column].map((place, axis) => {
    const taps = axis ? found.kernel[0].length : found.kernel.length;
    const middle = Math.floor((spanOf(taps, state.settings.dilation[axis]) - 1) / 2);
    return Math.round((place - middle) / state.settings.stride[axis]);
  });
}

function wirePictures() {
  for (const id of ["result", "input"]) {
    on(id, "pointermove", (event) => {
      if (found.result && !state.held && !state.playing) select(...under(event, id));
    });
    on(id, "click", (event) => {
      if (!found.result) return;
      play(false);
      const held = state.held;
      select(...under(event, id));
      if (event.pointerType !== "touch") hold(!held); // a finger does not hover: there is nothing to hold
    });
  }
  on("result", "keydown", pressed);
  for (const [id, [down, across]] of Object.entries({ left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] })) {
    on(id, "click", () => step(down, across));
  }
  on("play", "click", () => play(!state.playing));
  on("hold", "click", () => hold(!state.held));
  for (const id of ["window", "weights-used", "products"]) {
    for (const kind of ["pointerover", "pointerleave"]) {
      on(id, kind, (event) => {
        const cell = kind === "pointerover" ? event.target.closest("td") : null;
        state.chosen = cell?.dataset.tap?.split(",").map(Number) ?? null;
        follow();
      });
    }
  }
}

// An event after which everything is computed anew.
const changes = (id, kind, change) => on(id, kind, () => {
  change();
  recompute();
});

// A number field: what is not a number within its bounds is marked, and changes nothing.
function number(id, value, set, whole = true) {
  const input = one(id);
  input.value = value;
  input.addEventListener("input", () => {
    const value = input.value.trim() === "" ? NaN : Number(input.value);
    const least = input.min === "" ? -Infinity : Number(input.min), most = input.max === "" ? Infinity : Number(input.max);
    const fine = Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value));
    input.setAttribute("aria-invalid", String(!fine));
    if (fine) set(value);
  });
}

function setting(id, holder, key, whole = true) {
  number(id, holder()[key], (value) => {
    holder()[key] = value;
    recompute();
  }, whole);
}

function resize(rows, columns) {
  const before = state.kernel;
  // the middle stays the middle
  const [down, across] = [(rows - before.length) / 2, (columns - before[0].length) / 2].map(Math.floor);
  state.kernel = Array.from({ length: rows }, (_, i) => Array.from({ length: columns },
    (_unused, j) => before[i - down]?.[j - across] ?? 0));
  one("kernel").value = "own";
  recompute();
}

function wireKernel() {
  const groups = [["yours", true], ["library", false]].map(([label, given]) => {
    const options = data.kernels.flatMap((kernel, index) =>
      kernel.given === given ? [element("option", { value: index, text: kernel.name })] : []);
    return element("optgroup", { label }, ...options);
  });
  groups[0].append(element("option", { value: "own", text: "edited by hand" }));
  one("kernel").append(...groups);
  one("kernel").value = "0";
  changes("kernel", "change", () => one("kernel").value !== "own" && choose(Number(one("kernel").value)));
  number("rows", state.kernel.length, (rows) => resize(rows, state.kernel[0].length));
  number("columns", state.kernel[0].length, (columns) => resize(state.kernel.length, columns));
  const changed = (change) => {
    state.kernel = state.kernel.map((row) => row.map(change));
    one("kernel").value = "own";
    recompute();
  };
  on("divide", "click", () => {
    const weights = state.kernel.flat(), sum = sumOf(weights), sizes = sumOf(weights.map(Math.abs));
    const by = Math.abs(sum) > 1e-12 * sizes ? sum : sizes; // as --normalize does
    if (by) changed((weight) => weight / by);
  });
  on("negate", "click", () => changed((weight) => (weight ? -weight : 0)));
  changes("reset", "click", () => {
    choose(state.weights);
    one("kernel").value = String(state.weights);
  });
  for (const [id, convolve] of [["correlation", false], ["convolution", true]]) {
    one(id).checked = state.settings.convolve === convolve;
    changes(id, "change", () => (state.settings.convolve = convolve));
  }
}

function wireSettings() {
  const { settings } = state;
  one("pad").append(...Object.keys(DRAWN).map((value) => element("option", { value, text: value })));
  one("pad").value = settings.pad;
  changes("pad", "change", () => (settings.pad = one("pad").value));
  one("amount").value = typeof settings.padding === "string" ? settings.padding : "own";
  changes("amount", "change", () => {
    settings.padding = one("amount").value === "own" ? copy(found.sides) : one("amount").value;
    fields.forEach(([id, axis, side]) => (one(id).value = sides()[axis][side]));
  });
  const sides = () => (typeof settings.padding === "string" ? found?.sides ?? [[0, 0], [0, 0]] : settings.padding);
  const fields = [["pad-top", 0, 0], ["pad-bottom", 0, 1], ["pad-left", 1, 0], ["pad-right", 1, 1]];
  for (const [id, axis, side] of fields) setting(id, () => sides()[axis], side);
  setting("constant", () => settings, "padValue", false);
  setting("bias", () => settings, "bias", false);
  for (const name of ["stride", "dilation"]) {
    setting(`${name}-down`, () => settings[name], 0);
    setting(`${name}-across`, () => settings[name], 1);
  }
  const channels = [...(data.luma ? ["luma (Rec. 601)"] : []), ...data.channels];
  one("channel").append(...channels.map((text, value) => element("option", { value, text })));
  one("channel-row").hidden = channels.length < 2;
  changes("channel", "change", () => look(Number(one("channel").value)));
  on("shown-as", "change", recompute);
  on("row", "input", () => one("row").value && select(Math.trunc(one("row").value), state.at[1]));
  on("column", "input", () => one("column").value && select(state.at[0], Math.trunc(one("column").value)));
  on("controls", "submit", (event) => event.preventDefault());
}
