// The arithmetic of the page, apart from all drawing. A picture, padded or not, is { height, width, values };
// a kernel is an array of rows of weights. What is computed here is what the engine of convcli computes.

// Pixels as the page carries them: whole numbers are differences from the pixel to the left.
async function unpacked({ shape: [count, height, width], type, data: text }) {
  const values = new { u1: Uint8Array, u2: Uint16Array, f4: Float32Array }[type](await inflated(text));
  // typed arrays of whole numbers wrap around, as the differences do
  if (type !== "f4") for (let at = 0; at < values.length; at++) if (at % width) values[at] += values[at - 1];
  const size = height * width;
  return Array.from({ length: count }, (_, plane) => (
    { height, width, values: values.subarray(plane * size, (plane + 1) * size) }));
}

// Rec. 601 luma, rounded as Pillow does for whole numbers.
function lumaOf([red, green, blue]) {
  const values = new Float64Array(red.values.length);
  const whole = !(red.values instanceof Float32Array);
  for (let at = 0; at < values.length; at++) {
    const [r, g, b] = [red.values[at], green.values[at], blue.values[at]];
    values[at] = whole ? Math.floor((19595 * r + 38470 * g + 7471 * b + 32768) / 65536)
      : 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return { height: red.height, width: red.width, values };
}

const modulo = (value, period) => ((value % period) + period) % period;

// The pixel of `size` that is seen at a place along one axis, or -1 where the constant is.
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
    default: return place >= 0 && place < size ? place : -1;
  }
}

// Pixels made up beyond each edge, [[top, bottom], [left, right]]; an even kernel's extra one is at the end.
function edgesOf({ pad, padding, dilation }, kernel) {
  if (pad === "valid" || padding === "valid") return [[0, 0], [0, 0]];
  if (typeof padding !== "string") return padding;
  return [kernel.length, kernel[0].length].map((taps, axis) => {
    const reach = dilation[axis] * (taps - 1), near = Math.floor(reach / 2);
    return padding === "full" ? [reach, reach] : [near, reach - near];
  });
}

const spanOf = (taps, dilation) => dilation * (taps - 1) + 1;

// Output pixels along an axis; none where the kernel is larger than the padded picture.
const sizeOf = (size, taps, [before, after], stride, dilation) =>
  Math.max(0, Math.floor((size + before + after - spanOf(taps, dilation)) / stride) + 1);

const sumOf = (values) => values.reduce((total, value) => total + value, 0);

const rotated = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

// The padded picture, with the pixels that its rows and columns were taken from.
function paddedOf(picture, sides, mode, constant) {
  const [rows, columns] = [picture.height, picture.width].map((size, axis) => {
    const [before, after] = sides[axis];
    return Int32Array.from({ length: before + size + after }, (_, at) => sourceOf(at - before, size, mode));
  });
  const width = columns.length;
  const values = new Float64Array(rows.length * width).fill(mode === "constant" ? constant : 0);
  rows.forEach((from, row) => {
    if (from < 0) return;
    for (let column = 0; column < width; column++) {
      if (columns[column] >= 0) values[row * width + column] = picture.values[from * picture.width + columns[column]];
    }
  });
  return { height: rows.length, width, values, rows, columns, top: sides[0][0], left: sides[1][0] };
}

// Correlation: the kernel slides unflipped. Row by row, so that sums stay in the cache.
function correlated(padded, kernel, { stride: [down, across], dilation: [dy, dx], bias }, height, width) {
  const values = new Float64Array(height * width).fill(bias);
  for (let row = 0; row < height; row++) {
    const sums = values.subarray(row * width, (row + 1) * width);
    kernel.forEach((weights, i) => weights.forEach((weight, j) => {
      if (weight === 0) return;
      let from = (row * down + i * dy) * padded.width + j * dx;
      for (let column = 0; column < width; column++, from += across) sums[column] += weight * padded.values[from];
    }));
  }
  return { height, width, values };
}

// Everything that follows from the settings; `result` is null where the kernel does not fit.
function computed(picture, kernel, settings) {
  const used = settings.convolve ? rotated(kernel) : kernel;
  const sides = edgesOf(settings, kernel);
  const sizes = [picture.height, picture.width].map((size, axis) => {
    const taps = axis ? kernel[0].length : kernel.length;
    return sizeOf(size, taps, sides[axis], settings.stride[axis], settings.dilation[axis]);
  });
  const padded = paddedOf(picture, sides, settings.pad, settings.padValue);
  const result = Math.min(...sizes) ? correlated(padded, used, settings, ...sizes) : null;
  return { kernel, used, sides, sizes, padded, result };
}

// One output pixel: its window tap by tap, the places of the first and last tap, the sum of the products, and the value.
function traced({ used, padded, result }, settings, [m, n]) {
  const [top, left] = [m * settings.stride[0], n * settings.stride[1]];
  const taps = used.map((weights, i) => weights.map((weight, j) => {
    const [y, x] = [top + i * settings.dilation[0], left + j * settings.dilation[1]];
    const from = [padded.rows[y], padded.columns[x]];
    const place = [y - padded.top, x - padded.left];
    const value = padded.values[y * padded.width + x];
    return {
      place, value, weight, product: value * weight,
      padding: from[0] !== place[0] || from[1] !== place[1] || Math.min(...from) < 0,
      from: Math.min(...from) < 0 ? null : from, // null: the constant
    };
  }));
  const flat = taps.flat(), sum = sumOf(flat.map((tap) => tap.product));
  return { at: [m, n], taps, flat, first: flat[0].place, last: flat.at(-1).place, sum, bias: settings.bias, value: result.values[m * result.width + n] };
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
