// How people steer: pointers, keys, fields. Each changes the state and has what follows from it told anew.

const keys = { ...arrows, PageUp: [-10, 0], PageDown: [10, 0] };

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
  const row = Math.floor(event.offsetY / view.scale / view.taller), column = Math.floor(event.offsetX / view.scale);
  if (canvas === "result") return [row, column];
  return [row, column].map((place, axis) => {
    const middle = Math.floor(state.settings.dilation[axis] * (found.size[axis] - 1) / 2);
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
  for (const way of ["Left", "Right", "Up", "Down"]) on(way.toLowerCase(), "click", () => step(...arrows[`Arrow${way}`]));
  on("play", "click", () => play(!state.playing));
  on("hold", "click", () => hold(!state.held));
  for (const kind of ["pointerover", "pointerleave"]) {
    on("windows", kind, (event) => {
      const cell = kind === "pointerover" ? event.target.closest("td") : null;
      state.chosen = cell?.dataset.tap?.split(",").map(Number) ?? null;
      follow();
    });
  }
}

// What each field takes from the state; never under the writer's hands.
const fields = [];

function field(id, kind, get, set) {
  const input = one(id), holder = input.type === "checkbox" ? "checked" : "value";
  fields.push(() => {
    if (kind === "change") input[holder] = get();
    else if (document.activeElement !== input) {
      input.value = get();
      input.removeAttribute("aria-invalid");
    }
  });
  input.addEventListener(kind, () => set(input));
}

function choice(id, get, set) {
  field(id, "change", get, ({ type, checked, value }) => {
    set(type === "checkbox" ? checked : value);
    recompute();
  });
}

// A number field: what is not a number within its bounds is marked, and changes nothing.
function number(id, get, set, read = (text) => (text.trim() === "" ? NaN : Number(text))) {
  field(id, "input", get, (input) => {
    const value = read(input.value);
    const least = input.min === "" ? -Infinity : Number(input.min), most = input.max === "" ? Infinity : Number(input.max);
    const fine = !Number.isNaN(value) && value >= least && value <= most && (input.step === "any" || Number.isInteger(value));
    input.setAttribute("aria-invalid", String(!fine));
    if (!fine) return;
    set(value);
    recompute();
  });
}

const setting = (id, holder, key) => number(id, () => holder()[key], (value) => (holder()[key] = value));

const editedWeights = (change) => {
  for (const part of state.kernel.parts) part.weights = part.weights.map((plane, channel) => change(plane, part, channel));
  state.choice = "own";
};

// Another size of the window: of all weights, whose middle stays the middle, or of pooling, whose stride follows.
function resize(axis, length) {
  const { settings } = state;
  if (isPooling(settings)) {
    if (settings.stride[axis] === settings.size[axis]) settings.stride[axis] = length;
    settings.size[axis] = length;
    return;
  }
  const size = Object.assign([...found.size], { [axis]: length });
  const [down, across] = size.map((taps, each) => Math.floor((taps - found.size[each]) / 2));
  editedWeights((plane) => Array.from({ length: size[0] }, (_, i) => Array.from({ length: size[1] },
    (_unused, j) => plane[i - down]?.[j - across] ?? 0)));
}

function wireOperation() {
  choice("operation", () => state.settings.operation, (operation) => {
    state.settings = operation in POOL ? sets.pool : sets.kernel;
    state.settings.operation = operation;
  });
  choice("kernel", () => state.choice, (value) => value !== "own" && choose(Number(value)));
  choice("combine", () => state.kernel.combine, (combine) => (state.kernel.combine = combine));
  choice("part", () => state.part, (part) => (state.part = Number(part)));
  choice("channel", () => state.channel, (channel) => (state.channel = Number(channel)));
  number("rows", () => found.size[0], (rows) => resize(0, rows));
  number("columns", () => found.size[1], (columns) => resize(1, columns));
  const changed = (id, change) => on(id, "click", () => {
    change();
    recompute();
  });
  changed("divide", () => {
    const by = new Map(state.kernel.parts.map((part) => {
      const weights = part.weights.flat(2), sum = sumOf(weights), sizes = sumOf(weights.map(Math.abs));
      return [part, (Math.abs(sum) > 1e-12 * sizes ? sum : sizes) || 1]; // as --normalize does
    }));
    editedWeights((plane, part) => plane.map((row) => row.map((weight) => weight / by.get(part))));
  });
  changed("negate", () => editedWeights((plane) => plane.map((row) => row.map((weight) => (weight ? -weight : 0)))));
  changed("reset", () => choose(state.begun, state.part));
  number("p", () => (sets.pool.p === Infinity ? "inf" : sets.pool.p), (p) => (sets.pool.p = p),
    (text) => (text.trim() === "inf" ? Infinity : numberIn(text) > 0 ? numberIn(text) : NaN));
  choice("ceil", () => sets.pool.ceil, (ceil) => (sets.pool.ceil = ceil));
  choice("count-pad", () => sets.pool.countIncludePad, (counts) => (sets.pool.countIncludePad = counts));
}

function wireSettings() {
  const now = () => state.settings;
  choice("pad", () => now().pad, (pad) => (now().pad = pad));
  choice("amount", () => (typeof now().padding === "string" ? now().padding : "own"), (amount) => {
    now().padding = amount === "own" ? structuredClone(found.sides) : amount;
  });
  const sides = (axis) => (typeof now().padding === "string" ? found.sides : now().padding)[axis];
  for (const [id, axis, side] of [["pad-top", 0, 0], ["pad-bottom", 0, 1], ["pad-left", 1, 0], ["pad-right", 1, 1]]) {
    setting(id, () => sides(axis), side);
  }
  setting("constant", now, "padValue");
  setting("bias", () => sets.kernel, "bias");
  for (const name of ["stride", "dilation"]) {
    setting(`${name}-down`, () => now()[name], 0);
    setting(`${name}-across`, () => now()[name], 1);
  }
  on("shown-as", "change", recompute);
  on("row", "input", () => one("row").value && select(Math.trunc(one("row").value), state.at[1]));
  on("column", "input", () => one("column").value && select(state.at[0], Math.trunc(one("column").value)));
  on("controls", "submit", (event) => event.preventDefault());
}
