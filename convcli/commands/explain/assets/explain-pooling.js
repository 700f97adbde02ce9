// Pooling on the page: as convcli pool, whose neutral padding never counts but in averages that count it.

function median(values) {
  values.sort(); // NaN last
  const middle = values.length >> 1;
  return Number.isNaN(values.at(-1)) ? NaN : values.length % 2 ? values[middle] : values[middle - 1] / 2 + values[middle] / 2;
}

function norm(values, p) {
  // Relative to the largest no power overflows.
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (p === Infinity || largest === 0) return largest;
  return largest * sumOf(values.map((value) => (Math.abs(value) / largest) ** p)) ** (1 / p);
}

// What becomes of the numbers of a window that take part, in an array that may be reordered.
const POOL = {
  max: (values) => values.reduce((some, other) => Math.max(some, other)),
  min: (values) => values.reduce((some, other) => Math.min(some, other)),
  avg: (values) => sumOf(values) / values.length,
  median, lp: norm,
};

const countsZeros = ({ operation, countIncludePad }) => operation === "avg" && countIncludePad;

// Whether a pixel takes part, of a row and a column that are taken from those, or from none.
function counts(row, column, { operation, pad, countIncludePad }) {
  if (row === BEYOND || column === BEYOND) return false;
  return pad !== "neutral" || (row >= 0 && column >= 0) || countsZeros({ operation, countIncludePad });
}

// Everything that follows from the settings of pooling; `result` is null where windows do not fit, or see no pixel.
function pooled(pictures, settings) {
  const { stride, dilation, operation, p } = settings, lies = laid(pictures, settings.size, settings);
  const [padded] = lies.padded, [height, width] = lies.sizes, [rows, columns] = settings.size;
  const values = new Float64Array(height * width), taken = new Float64Array(rows * columns);
  let fits = values.length > 0;
  for (let at = 0; at < values.length && fits; at++) {
    const top = Math.floor(at / width) * stride[0], left = (at % width) * stride[1];
    let count = 0;
    for (let y = top; y < top + rows * dilation[0]; y += dilation[0]) {
      for (let x = left; x < left + columns * dilation[1]; x += dilation[1]) {
        if (counts(padded.rows[y], padded.columns[x], settings)) taken[count++] = padded.values[y * padded.width + x];
      }
    }
    fits = count > 0 || operation === "lp";
    if (fits) values[at] = POOL[operation](taken.subarray(0, count), p);
  }
  return { ...lies, bias: 0, result: fits ? { height, width, values } : null };
}

// Mark which taps take part, and which the value is taken from: of equal ones the first; of a median the middle ones.
function markPooled(taps, settings) {
  for (const tap of taps) tap.counted = counts(...(tap.from ?? Array(2).fill(tap.beyond ? BEYOND : CONSTANT)), settings);
  const taken = taps.filter((tap) => tap.counted), order = [...taken].sort((some, other) => some.value - other.value);
  const winners = {
    max: () => [taken.find((tap) => tap.value === order.at(-1).value)],
    min: () => [order[0]],
    median: () => order.slice((order.length - 1) >> 1, (order.length >> 1) + 1),
  };
  for (const tap of taken.length ? winners[settings.operation]?.() ?? [] : []) if (tap) tap.winner = true;
}
