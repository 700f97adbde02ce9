// Convolution on the page, apart from all drawing. A picture, padded or not, is { height, width, values }. A kernel
// is { parts, combine }: results of several parts are combined, or are a map each. A part is { name, bias, weights },
// one array of rows for all channels alike, or one per channel, whose results are added up. What is computed here is
// what the engine of convcli computes.

// Pixels as the page carries them: whole numbers are differences from the pixel to the left.
async function unpacked({ shape: [count, height, width], type, data: text }) {
  const values = new { u1: Uint8Array, u2: Uint16Array, f4: Float32Array, f8: Float64Array }[type](await inflated(text));
  // typed arrays of whole numbers wrap around, as the differences do
  if (type[0] === "u") for (let at = 0; at < values.length; at++) if (at % width) values[at] += values[at - 1];
  const size = height * width;
  return Array.from({ length: count }, (_, plane) => (
    { height, width, values: values.subarray(plane * size, (plane + 1) * size) }));
}

const rowsOf = ({ height, width, values }) =>
  Array.from({ length: height }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

// Rec. 601 luma, rounded as Pillow does for whole numbers.
function lumaOf([red, green, blue]) {
  const values = new Float64Array(red.values.length);
  const whole = data.pixels.type[0] === "u";
  for (let at = 0; at < values.length; at++) {
    const [r, g, b] = [red.values[at], green.values[at], blue.values[at]];
    values[at] = whole ? Math.floor((19595 * r + 38470 * g + 7471 * b + 32768) / 65536)
      : 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return { height: red.height, width: red.width, values };
}

const modulo = (value, period) => ((value % period) + period) % period;

// Where no pixel is seen: on the constant, or neutral padding; and beyond the padding, where windows of --ceil reach.
const CONSTANT = -1, BEYOND = -2;

// The pixel of `size` that is seen at a place along one axis.
function sourceOf(place, size, mode) {
  switch (mode) {
    case "replicate": return Math.min(size - 1, Math.max(0, place));
    case "wrap": return modulo(place, size);
    case "symmetric": {
      const at = modulo(place, 2 * size);
      return Math.min(at, 2 * size - 1 - at);
    }
    case "reflect": {
      if (size === 1) return 0; // a single pixel has no neighbour to reflect: it is repeated
      const period = 2 * (size - 1), at = modulo(place, period);
      return Math.min(at, period - at);
    }
    default: return place >= 0 && place < size ? place : CONSTANT;
  }
}

// Pixels made up beyond each edge, [[top, bottom], [left, right]]; an even window's extra one is at the end.
function edgesOf({ pad, padding, dilation }, window) {
  if (pad === "valid" || padding === "valid") return [[0, 0], [0, 0]];
  if (typeof padding !== "string") return padding;
  return window.map((taps, axis) => {
    const reach = dilation[axis] * (taps - 1), near = Math.floor(reach / 2);
    return padding === "full" ? [reach, reach] : [near, reach - near];
  });
}

// Output pixels along an axis; none where the window is larger than the padded picture. Rounded up with `ceil`, but
// for a window that would begin in the padding after the picture.
function sizeOf(size, taps, [before, after], stride, dilation, ceil) {
  const free = size + before + after - dilation * (taps - 1) - 1, count = Math.floor(free / stride) + 1;
  return Math.max(0, count + (ceil && modulo(free, stride) > 0 && count * stride < size + before ? 1 : 0));
}

const sumOf = (values) => values.reduce((total, value) => total + value, 0);

const rotated = (weights) => weights.map((row) => [...row].reverse()).reverse();

// The padded picture, with the pixels that its rows and columns were taken from; `beyond` rows and columns follow.
function paddedOf(picture, sides, { pad, padValue }, beyond) {
  const [rows, columns] = [picture.height, picture.width].map((size, axis) => {
    const [before, after] = sides[axis], length = before + size + after;
    return Int32Array.from({ length: length + beyond[axis] },
      (_, at) => (at < length ? sourceOf(at - before, size, pad) : BEYOND));
  });
  const width = columns.length;
  const values = new Float64Array(rows.length * width).fill(pad === "constant" ? padValue : 0);
  rows.forEach((from, row) => {
    if (from < 0) return;
    for (let column = 0; column < width; column++) {
      if (columns[column] >= 0) values[row * width + column] = picture.values[from * picture.width + columns[column]];
    }
  });
  return { height: rows.length, width, values, rows, columns, top: sides[0][0], left: sides[1][0] };
}

// How a window of that size lies over pictures of one size: their padding, and the output's size.
function laid(pictures, size, settings) {
  const [{ height, width }] = pictures, { stride, dilation } = settings;
  const sides = edgesOf(settings, size);
  const sizes = [height, width].map((length, axis) =>
    sizeOf(length, size[axis], sides[axis], stride[axis], dilation[axis], settings.ceil));
  const beyond = [height, width].map((length, axis) => {
    const last = (sizes[axis] - 1) * stride[axis] + dilation[axis] * (size[axis] - 1) + 1;
    return Math.max(0, sizes[axis] ? last - length - sumOf(sides[axis]) : 0);
  });
  return { size, sides, sizes, padded: pictures.map((picture) => paddedOf(picture, sides, settings, beyond)) };
}

// Correlation: the kernel slides unflipped. Row by row, so that sums stay in the cache.
function correlated(pictures, kernels, { stride: [down, across], dilation: [dy, dx] }, bias, [height, width]) {
  const values = new Float64Array(height * width).fill(bias);
  for (let row = 0; row < height; row++) {
    const sums = values.subarray(row * width, (row + 1) * width);
    pictures.forEach((padded, channel) => kernels[channel].forEach((weights, i) => weights.forEach((weight, j) => {
      if (weight === 0) return;
      let from = (row * down + i * dy) * padded.width + j * dx;
      for (let column = 0; column < width; column++, from += across) sums[column] += weight * padded.values[from];
    })));
  }
  return { height, width, values };
}

// One part of a kernel over the pictures that it takes; `result` is null where it does not fit.
function filtered(pictures, { weights, bias }, settings) {
  const used = settings.operation === "convolution" ? weights.map(rotated) : weights;
  const lies = laid(pictures, [weights[0].length, weights[0][0].length], settings);
  return { ...lies, used, bias, result: Math.min(...lies.sizes) ? correlated(lies.padded, used, settings, bias, lies.sizes) : null };
}

const COMBINE = {
  magnitude: (values) => Math.hypot(...values),
  max: (values) => Math.max(...values),
  sum: sumOf,
  orientation: ([x, y]) => Math.atan2(y + 0, x + 0) * 180 / Math.PI, // -0 + 0 is 0, which has another direction
};

// The results of all parts as one, to which the bias is added; null where their sizes differ.
function combined(results, combine, bias) {
  const [first] = results;
  if (!results.every((each) => each && each.height === first.height && each.width === first.width)) return null;
  const values = first.values.map((_, at) => COMBINE[combine](results.map((each) => each.values[at])) + bias);
  return { ...first, values };
}

const isPooling = ({ operation }) => operation in POOL;
const joins = ({ parts, combine }) => parts.length > 1 && combine !== "none";

// Everything that follows from the settings, of the part of the kernel that is looked at; `taken` returns the pictures
// that a part takes. `result` is that of all parts where they are combined.
function computed(taken, kernel, settings, index = 0) {
  if (isPooling(settings)) return pooled(taken({ weights: [0] }), settings);
  const joined = joins(kernel), added = joined ? 0 : settings.bias;
  const parts = (joined ? kernel.parts : [kernel.parts[index]]).map((part) =>
    filtered(taken(part), { ...part, bias: part.bias + added }, settings));
  const shown = parts[joined ? index : 0];
  if (!joined) return shown;
  const results = parts.map((part) => part.result);
  return { ...shown, results, combine: kernel.combine, result: combined(results, kernel.combine, settings.bias) };
}

// The window of one output pixel in a padded picture, tap by tap. `from` is null on the constant.
function tapsOf(padded, [rows, columns], { stride, dilation }, [m, n]) {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_unused, j) => {
    const [y, x] = [m * stride[0] + i * dilation[0], n * stride[1] + j * dilation[1]];
    const from = [padded.rows[y], padded.columns[x]];
    const place = [y - padded.top, x - padded.left];
    return {
      place, value: padded.values[y * padded.width + x], beyond: Math.min(...from) === BEYOND,
      padding: from[0] !== place[0] || from[1] !== place[1] || Math.min(...from) < 0,
      from: Math.min(...from) < 0 ? null : from,
    };
  }));
}

// One output pixel: its windows, one per channel, with the sums of their products, the sum of these, and the value.
// `parts` are the values of a combined kernel's parts.
function traced(found, settings, at) {
  const { result, size, used, bias } = found;
  const windows = found.padded.map((padded, channel) => {
    const taps = tapsOf(padded, size, settings, at);
    if (used) taps.forEach((row, i) => row.forEach((tap, j) => {
      tap.weight = used[channel][i][j];
      tap.product = tap.value * tap.weight;
    }));
    const flat = taps.flat();
    return { taps, flat, sum: used ? sumOf(flat.map((tap) => tap.product)) : null };
  });
  if (!used) windows.forEach((window) => markPooled(window.flat, settings));
  const index = at[0] * result.width + at[1], [{ flat }] = windows;
  return {
    at, windows, first: flat[0].place, last: flat.at(-1).place, bias, sum: sumOf(windows.map(({ sum }) => sum)),
    parts: found.results?.map(({ values }) => values[index]), value: result.values[index],
  };
}

// A number such as 2, -.5, 1e-3 or 1/9; NaN for anything else.
function numberIn(text) {
  const parts = text.trim().replace("\u2212", "-").split("/");
  if (parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
  const value = parts.map(Number).reduce((above, below) => above / below);
  return Number.isFinite(value) ? value : NaN;
}

// As whole numbers of a file would hold it: rounded half to even, cut to black and white.
function storedOf(value, white) {
  const low = Math.floor(value), half = value - low === 0.5;
  const whole = half ? low + (low % 2 ? 1 : 0) : Math.round(value);
  return Math.min(white, Math.max(0, whole));
}
