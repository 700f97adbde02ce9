// Drawing on canvases. Everything is placed in CSS pixels; `scale` is how many of them a pixel takes.

const MOST_CELLS = 1200; // pixels whose numbers are written, where they fit
const CELL = 64, LEAST_FONT = 10, MOST_FONT = 16, LEAST_HEIGHT = 16; // CSS pixels
const FACE = "system-ui, sans-serif";
const measure = new OffscreenCanvas(1, 1).getContext("2d");
measure.font = `600 100px ${FACE}`;

// Colours on pictures, which are the same in light and dark.
const HATCH = "#c026d3aa", EDGE = "#c026d3";
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

// Least and greatest value of a picture, for its tones.
function rangeOf(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

// Grey from black, the least, to white, the greatest; around 0 where some are negative.
function tones({ low, high }) {
  if (low < 0) {
    const most = Math.max(-low, high);
    return (value) => diverging(value / most);
  }
  const start = high > low ? low : 0;
  const room = high - start || 1;
  return (value) => {
    const grey = Math.round(255 * Math.min(1, Math.max(0, (value - start) / room)));
    return [grey, grey, grey];
  };
}

// What is drawn of a picture: a canvas of its own size, its tones, and its numbers as texts where they are few; none
// of `neutral` padding.
function developed(picture, tone, neutral = false) {
  const { height, width, values } = picture;
  const image = new ImageData(width, height), bytes = new Uint32Array(image.data.buffer);
  for (let at = 0; at < values.length; at++) {
    const [red, green, blue] = tone(values[at]);
    bytes[at] = 0xff000000 | blue << 16 | green << 8 | red;
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { picture, canvas, tone, neutral, numbers: values.length <= MOST_CELLS ? [4, 3, 2].map((digits) => writtenWith([...values], digits)) : [] };
}

// Numbers as texts, and how wide the widest of them is in a font of 1 pixel.
function writtenWith(values, digits) {
  const texts = values.map((value) => brief(value, digits));
  return { texts, widest: Math.max(...texts.map((text) => measure.measureText(text).width)) / 100 };
}

// The numbers of a picture that fit into cells of `scale`, and the size of their font; else null.
function numbersIn({ numbers }, scale) {
  for (const { texts, widest } of numbers) {
    const high = 0.65 * scale, wide = (scale - 2) / widest;
    if (Math.min(high, wide) >= LEAST_FONT) return { texts, font: Math.min(MOST_FONT, high, Math.max(LEAST_FONT, 0.85 * wide)) };
  }
  return null;
}

// How many CSS pixels a pixel takes where a picture may be so wide and so high.
function scaleOf(height, width, wide, high) {
  const scale = Math.min(wide / width, high / height, CELL);
  return scale > 2 ? Math.floor(scale) : scale;
}

// Whether two pictures are put one below the other: wide ones, and where only so the numbers of both can be read.
function stacked(films, wide, gap, high) {
  if (films.every(({ picture }) => picture.width >= 4 * picture.height)) return true;
  const readable = (room) => films.every((film) =>
    numbersIn(film, scaleOf(film.picture.height, film.picture.width, room, high)));
  return !readable((wide - gap) / 2) && readable(wide);
}

const tallestOf = (canvas) => Number(getComputedStyle(canvas).getPropertyValue("--tallest"));

// Fit `height` x `width` pixels into a canvas, whole CSS pixels each where there is room for that.
function fitted(canvas, height, width) {
  const wide = canvas.parentElement.clientWidth;
  const scale = scaleOf(height, width, wide, Math.min(1.3 * wide, tallestOf(canvas)));
  const dense = window.devicePixelRatio || 1;
  const [across, down] = [Math.max(1, width * scale), Math.max(1, height * scale)];
  const taller = height === 1 ? Math.max(1, LEAST_HEIGHT / down) : 1; // long signals
  canvas.style.width = `${across}px`;
  canvas.style.height = `${down * taller}px`;
  canvas.width = Math.round(across * dense);
  canvas.height = Math.round(down * taller * dense);
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense * taller, 0, 0);
  context.imageSmoothingEnabled = scale * dense < 1;
  context.imageSmoothingQuality = "high";
  return { context, scale, taller, width: across, height: down };
}

function pen(context, ink, thick) {
  context.strokeStyle = ink;
  context.lineWidth = thick;
  return context;
}

// A frame that shows on any ground: a line of colour between two dark ones.
function framed(context, x, y, width, height, colour, line = 2) {
  context.lineJoin = "round";
  for (const [ink, thick] of [["#000c", line + 2], [colour, line]]) {
    pen(context, ink, thick).strokeRect(x, y, width, height);
  }
}

// The same around something so small that it needs to be pointed at.
function pointed(context, x, y, width, height, colour) {
  framed(context, x, y, width, height, colour, width > 24 ? 3 : width > 6 ? 2 : 1);
  const radius = 11;
  if (Math.max(width, height) >= radius || context.getTransform().a !== context.getTransform().d) return;
  for (const [ink, thick] of [["#000c", 4], [colour, 2]]) {
    pen(context, ink, thick).beginPath();
    context.arc(x + width / 2, y + height / 2, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

let stripes = null;
function hatch(context) {
  if (stripes) return stripes;
  const tile = new OffscreenCanvas(8, 8), drawn = pen(tile.getContext("2d"), HATCH, 1.6);
  drawn.stroke(new Path2D("M-8 8l8 -8M0 8l8 -8M8 8l8 -8"));
  stripes = context.createPattern(tile, "repeat");
  return stripes;
}

// Stripes over what lies beyond the picture, whose own edge is a line.
function markPadding({ context, scale, taller, width, height }, x, y, picture) {
  const [wide, high] = [picture.width * scale, picture.height * scale];
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(x, y, wide, high);
  context.clip("evenodd");
  context.fillStyle = hatch(context);
  context.fillRect(0, 0, width, height);
  context.restore();
  if (taller === 1) pen(context, EDGE, Math.min(2, Math.max(1, scale / 8))).strokeRect(x, y, wide, high);
}

// A film with lines between cells that are large, and which of its numbers fit into them.
function drawCells(canvas, film) {
  const { height: rows, width: columns } = film.picture, view = fitted(canvas, rows, columns), { context, scale } = view;
  context.drawImage(film.canvas, 0, 0, view.width, view.height);
  context.fillStyle = "#8887";
  for (let row = 1; row < rows && scale >= 12; row++) context.fillRect(0, row * scale - 0.5, view.width, 1);
  for (let column = 1; column < columns && scale >= 12; column++) context.fillRect(column * scale - 0.5, 0, 1, view.height);
  return { ...view, numbers: numbersIn(film, scale) };
}

// Numbers in their cells; a border in the cell's own tone keeps them readable.
function writeNumbers({ context, scale, numbers }, { picture: { width, values, rows, columns }, tone, neutral }) {
  if (!numbers) return;
  context.font = `600 ${numbers.font}px ${FACE}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  numbers.texts.forEach((text, at) => {
    const row = Math.floor(at / width), column = at % width;
    if (neutral && (rows[row] < 0 || columns[column] < 0)) return;
    const ground = tone(values[at]), place = [(column + 0.5) * scale, (row + 0.5) * scale];
    pen(context, `rgb(${ground})`, 5).strokeText(text, ...place);
    context.fillStyle = isLight(ground) ? "#000" : "#fff";
    context.fillText(text, ...place);
  });
}

// The padded input or a part of it, the window on it, and the pixels that its padding was taken from.
function drawInput(canvas, film, picture, trace, chosen) {
  const padded = film.picture, view = drawCells(canvas, film), { context, scale } = view;
  const corner = ([row, column]) => [(column + padded.left) * scale, (row + padded.top) * scale];
  const middle = (place) => corner(place).map((value) => value + scale / 2);
  const made = (sources, before) => sources.some((from, at) => from !== at - before);
  if (made(padded.rows, padded.top) || made(padded.columns, padded.left)) markPadding(view, ...corner([0, 0]), picture);
  const taps = trace?.flat ?? [], moved = taps.filter((tap) => tap.padding && tap.from);
  const inside = (place) => corner(place).every((at, axis) => at >= 0 && at < (axis ? view.height : view.width));
  const large = scale >= 30; // arrows leave room for numbers
  for (const tap of large ? [] : moved) {
    const [x, y] = corner(tap.from), size = Math.max(scale, 4); // seen on a photograph, too
    framed(context, x + (scale - size) / 2, y + (scale - size) / 2, size, size, style("--source"), 1);
  }
  for (const tap of moved) {
    if (tap !== chosen && (!large || moved.length > 16)) continue;
    arrow(context, middle(tap.from), middle(tap.place), scale, inside(tap.from) ? 0.22 : 0, tap === chosen);
  }
  writeNumbers(view, film);
  if (!trace) return view;
  const [x, y] = corner(trace.first), [right, bottom] = corner(trace.last);
  const cells = (some, colour, thick, within) => some.forEach((tap) =>
    framed(context, ...corner(tap.place).map((at) => at + within), scale - 2 * within, scale - 2 * within, style(colour), thick));
  if (scale >= 8 && hasGaps(trace)) cells(taps, "--mark", 1, 0);
  cells(taps.filter((tap) => tap.winner), "--winner", 2, Math.min(3, scale / 4));
  pointed(context, x, y, right - x + scale, bottom - y + scale, style("--mark"));
  if (chosen) cells([chosen], "--source", 3, 0);
  return view;
}

function drawResult(canvas, film, [row, column]) {
  const view = drawCells(canvas, film);
  writeNumbers(view, film);
  pointed(view.context, column * view.scale, row * view.scale, view.scale, view.scale, style("--mark"));
  return view;
}

// The surroundings of the window in a padded picture.
function aroundOf(padded, { first, last }) {
  const [[top, bottom], [left, right]] = [[padded.height, padded.top], [padded.width, padded.left]].map(([size, before], axis) => {
    const margin = Math.max(2, Math.floor((7 - (last[axis] - first[axis] + 1)) / 2));
    return [Math.max(0, first[axis] + before - margin), Math.min(size, last[axis] + before + 1 + margin)];
  });
  const [rows, columns] = [padded.rows.subarray(top, bottom), padded.columns.subarray(left, right)];
  const values = Float64Array.from({ length: rows.length * columns.length }, (_, at) =>
    padded.values[(top + Math.floor(at / columns.length)) * padded.width + left + at % columns.length]);
  return { height: rows.length, width: columns.length, values, rows, columns, top: padded.top - top, left: padded.left - left };
}

// Whether dilation leaves pixels out between those that the window sees.
const hasGaps = ({ taps }) => (taps[1]?.[0].place[0] - taps[0][0].place[0] > 1)
  || (taps[0][1]?.place[1] - taps[0][0].place[1] > 1);

// Whether black has more contrast than white, by the relative luminance of WCAG 2.2.
function isLight(pixel) {
  const [red, green, blue] = pixel.map((sample) =>
    sample <= 0.04045 * 255 ? sample / 255 / 12.92 : ((sample / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > Math.sqrt(1.05 * 0.05) - 0.05;
}

// From a pixel to the padding that shows it, bent so that arrows along one line stay apart.
function arrow(context, [fromX, fromY], [toX, toY], scale, bend, strong) {
  const length = Math.hypot(toX - fromX, toY - fromY);
  const [bendX, bendY] = [(fromX + toX) / 2 - bend * (toY - fromY), (fromY + toY) / 2 + bend * (toX - fromX)];
  const angle = Math.atan2(toY - bendY, toX - bendX), head = Math.min(strong ? 11 : 8, scale / 3);
  const short = Math.min(0.3 * scale, length / 4); // the number in the middle stays free
  const before = (far, turn = 0) => [toX - short * Math.cos(angle) - far * Math.cos(angle + turn),
    toY - short * Math.sin(angle) - far * Math.sin(angle + turn)];
  const line = new Path2D(`M${fromX} ${fromY}Q${bendX} ${bendY} ${before(0.7 * head)}`);
  const tip = new Path2D(`M${before(0)}L${before(head, -0.42)}L${before(head, 0.42)}Z`);
  context.lineCap = "round";
  for (const [colour, thick] of [["#0009", strong ? 5 : 3.4], [style("--source"), strong ? 3 : 1.7]]) {
    pen(context, colour, thick).stroke(line);
    context.fillStyle = colour;
    context.fill(tip);
  }
}
