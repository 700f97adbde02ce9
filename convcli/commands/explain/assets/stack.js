// A stack of layers: what a pixel of any layer is computed from, in the layer before it and back to the input.

const SHOWN = 4; // maps of a layer, and tables of products, at a time
const LARGE = 16, CELL_WIDTH = 32, SMALL_WIDTH = 176; // columns of maps with large cells; CSS pixels of each, of other maps
const state = { layer: data.layers.length - 1, map: data.map, at: data.at, held: false };
let layers = [];

const nameOf = (index) => (index ? data.layers[index].name : say("input"));
const by = (sizes) => sizes.join(" x ");
const unique = (values) => [...new Set(values)].sort((a, b) => a - b);
const taken = (table, at) => [...table.values.subarray(at * table.width, (at + 1) * table.width)];

// A layer, and its maps drawn with the padding that the next one makes up, where the page holds all of it.
async function opened(layer, index) {
  const [maps, rows, columns, weights] = await Promise.all(
    ["maps", "rows", "columns", "weights"].map((key) => layer[key] && unpacked(layer[key])));
  const tone = tones(rangeOf(maps.flatMap((map) => [...map.values]))), next = data.layers[index + 1]?.window;
  const sides = next && data.whole ? next.padding : [[0, 0], [0, 0]];
  const films = maps.map((map) => developed(paddedOf(map, sides, next ?? {}, [0, 0]), tone, next?.pad === "neutral"));
  return { ...layer, maps, rows: rows?.[0], columns: columns?.[0], weights, first: 0, films };
}

// The sums that a map consists of, [first plane of weights, first channel, channels, bias]; none where no sums are made.
const sumsOf = (layer, map) => layer.sums?.[map] ?? [];
const channelsOf = (layer, map) => {
  const [sum] = sumsOf(layer, map);
  return sum ? Array.from({ length: sum[2] }, (_, channel) => sum[1] + channel) : [map];
};

// The pixels of each layer that the chosen one depends on, from its own back to the input: rows, columns and maps.
function dependence({ layer, map, at: [row, column] }) {
  const found = [{ rows: [row], columns: [column], maps: [map] }];
  for (let index = layer; index > 0; index--) {
    const { rows, columns, maps } = found[0], made = layers[index];
    const back = (table, places) => unique(places.flatMap((place) => taken(table, place))).filter((place) => place >= 0);
    found.unshift({ rows: back(made.rows, rows), columns: back(made.columns, columns),
      maps: unique(maps.flatMap((each) => channelsOf(made, each))) });
  }
  return found;
}

// What the chosen pixel reads of one channel, row by row: null where a tap takes no part.
function readBy(layer, channel) {
  const { layer: index, at: [row, column] } = state, { width, values } = layers[index - 1].maps[channel];
  const rows = taken(layer.rows, row), columns = taken(layer.columns, column);
  return rows.map((y) => columns.map((x) => {
    if (y >= 0 && x >= 0) return values[y * width + x];
    return y === BEYOND || x === BEYOND ? null : layer.constant;
  }));
}

// Where the taps of the chosen pixel's window lie in the layer before, beyond its edges, too; null of other layers.
function windowNow({ window, start }, before) {
  if (!window) return null;
  const [rows, columns] = window.size.map((size, axis) => Array.from({ length: size }, (_, tap) => window.stride[axis]
    * (state.at[axis] + start[axis]) + tap * window.dilation[axis] - window.padding[axis][0] - before.start[axis]));
  return { rows, columns };
}

// First and last of each row of neighbours: 1 2 3 7 8 is 1 to 3 and 7 to 8.
const runs = (places) => places.reduce((found, place) => {
  if (found.length && found.at(-1)[1] === place - 1) found.at(-1)[1] = place;
  else found.push([place, place]);
  return found;
}, []);

function draw(canvas, index, map, region) {
  const film = layers[index].films[map], { height, width, top, left } = film.picture;
  const own = layers[index].maps[map];
  if (!canvas.id) {
    const wide = Math.max(width, height) <= LARGE ? CELL_WIDTH * width : SMALL_WIDTH * Math.min(1, width / height);
    canvas.parentElement.style.width = `${Math.min(wide, one("layers").clientWidth)}px`;
  }
  const view = drawCells(canvas, film), { context, scale } = view;
  if (own.height < height || own.width < width) markPadding(view, left * scale, top * scale, own);
  if (region?.maps.includes(map)) {
    const colour = style(index >= state.layer - 1 ? "--mark" : "--field");
    for (const [first, bottom] of runs(region.rows)) {
      for (const [start, right] of runs(region.columns)) {
        const place = [left + start, top + first, right - start + 1, bottom - first + 1].map((each) => each * scale);
        (index === state.layer ? pointed : framed)(context, ...place, colour, scale > 12 ? 3 : 2);
      }
    }
  }
  writeNumbers(view, film);
}

const regionOf = ({ rows, columns }, [top, left]) => (rows.length && columns.length
  ? regionText([rows[0] + top, columns[0] + left], [rows.at(-1) + top, columns.at(-1) + left], [rows.length, columns.length])
  : say("padding alone"));

// What the layer computes, in a line, and what it adds up, channel by channel, the largest first.
function arithmetic(layer, value) {
  if (!state.layer) return [say("A pixel of the input."), []];
  const made = shown(value, 6);
  if (!layer.sums) {
    const values = readBy(layer, state.map).flat().filter((each) => each !== null);
    if (layer.type === "pool") return [pooledText(values.map((each) => ({ value: each, counted: true })), value, layer), []];
    const [name, listed] = layer.type === "relu" ? ["max", [0, ...values]] : [layer.type, values];
    return [`${name}(${listed.map((each) => shown(each)).join(", ")}) = ${made}`, []];
  }
  const sums = sumsOf(layer, state.map).map(([plane, first, count, bias]) => {
    const parts = Array.from({ length: count }, (_, channel) => {
      const weights = layer.weights[plane + channel].values, taps = readBy(layer, first + channel);
      return { channel: first + channel, taps, weights, total: sumOf(taps.flat().map((each, at) => each * weights[at])) };
    });
    return { parts, bias, total: sumOf(parts.map(({ total }) => total)) + bias };
  });
  const largest = (one, other) => Math.abs(other.total) - Math.abs(one.total);
  const tables = sums.flatMap(({ parts }) => [...parts].sort(largest).slice(0, SHOWN));
  const [{ parts: [first, ...others], bias }] = sums, joins = layer.combine !== "none";
  const added = (joins ? [layer.bias] : [bias, layer.bias]).filter(Boolean), biases = added.map((each) => shown(each));
  const terms = others.length ? [first, ...others].map(({ total }) => total)
    : first.taps.flat().map((each, at) => each * first.weights[at]);
  if (!joins && terms.length <= MOST_TERMS) {
    return [`${signed([...terms.map((each) => shown(each)), ...biases])} = ${made}`, tables];
  }
  const before = value - sumOf(added);
  const text = joins ? combinedText(sums.map(({ total }) => total), layer.combine, before) : sumText(terms, before);
  return [added.length ? `${text}${say("; ")}${signed([shown(before), ...biases])} = ${made}` : text, tables];
}

// Value x weight, tap by tap, of one channel; none where there are too many to be read.
function products({ channel, taps, weights, total }) {
  const caption = element("caption", { text: say("map {map}: sum {total}", { map: channel, total: shown(total) }) });
  if (taps[0].length > DENSE || taps.length > 9) return element("table", {}, caption);
  const most = largestOf(taps.flat().map((value, at) => value * weights[at]));
  return element("table", {}, caption, ...taps.map((row, i) => element("tr", {}, ...row.map((value, j) => {
    const weight = weights[i * row.length + j], apart = row.length > 3 ? "\n" : "";
    const cell = element("td", { text: `${brief(value, 3)}${apart}\u00d7${brief(weight, 3)}` });
    tint(cell, value * weight, most);
    return cell;
  }))));
}

// Everything about the chosen pixel: after it, or the language, has changed.
function follow() {
  const found = dependence(state), { layer: index, map, at: [row, column] } = state, layer = layers[index];
  const [{ rows, columns }] = found, before = index ? Object.assign(found[index - 1], windowNow(layer, layers[index - 1])) : null;
  one("input").dataset.map = found[0].maps[0];
  for (const canvas of all("canvas")) {
    const of = Number(canvas.dataset.layer);
    draw(canvas, of, Number(canvas.dataset.map), found[of]);
  }
  const { values, width } = layer.maps[map], value = values[row * width + column];
  const place = { layer: nameOf(index), map, row: row + layer.start[0], column: column + layer.start[1] };
  const [{ start, shape: [, height, across] }] = layers, seen = rows.length * columns.length;
  const [line, tables] = arithmetic(layer, value);
  tell({
    which: say("{layer}, map {map}, row {row}, column {column}: {value}", { ...place, value: shown(value, 6) }),
    sees: say("Receptive field in the input: {region}, {share}% of the picture.",
      { region: regionOf({ rows, columns }, start), share: shown((100 * seen) / (height * across), 3) }),
    reads: before ? say("Its window in {layer}: {region}, in {count} of {all} maps.", { layer: nameOf(index - 1),
      region: regionOf(before, layers[index - 1].start), count: before.maps.length, all: layers[index - 1].maps.length }) : "",
    arithmetic: line,
  });
  one("products").replaceChildren(...tables.map(products));
}

function select(layer, map, [row, column]) {
  const { height, width } = layers[layer].maps[map];
  Object.assign(state, { layer, map, at: [clamp(row, height - 1), clamp(column, width - 1)] });
  follow();
}

function canvasOf(index, map) {
  const about = { tabindex: 0, role: "application", "aria-describedby": "which" };
  const { width, top, left } = layers[index].films[map].picture;
  const canvas = element("canvas", { ...about, "data-layer": index, "data-map": map });
  const under = ({ offsetX, offsetY }) =>
    [offsetY, offsetX].map((place, axis) => Math.floor((place * width) / parseFloat(canvas.style.width)) - [top, left][axis]);
  canvas.addEventListener("pointermove", (event) => state.held || select(index, map, under(event)));
  canvas.addEventListener("click", (event) => {
    select(index, map, under(event));
    if (event.pointerType !== "touch") state.held = !state.held; // a finger does not hover: there is nothing to hold
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") state.held = false;
    if (!arrows[event.key] || event.altKey || event.metaKey) return;
    const at = state.layer === index && state.map === map ? state.at : [0, 0];
    select(index, map, at.map((place, axis) => place + arrows[event.key][axis]));
    event.preventDefault();
  });
  return canvas;
}

// The maps of a layer that are shown, SHOWN at a time.
function fill(index) {
  const { maps, first } = layers[index];
  const figures = maps.slice(first, first + SHOWN).map((_, at) => {
    const canvas = canvasOf(index, first + at);
    const place = { layer: nameOf(index), map: first + at };
    canvas.setAttribute("aria-label", say("{layer}, map {map}: arrow keys choose the pixel", place));
    return element("figure", {}, element("figcaption", { text: say("map {map}", place) }), element("div", {}, canvas));
  });
  one(`maps-${index}`).replaceChildren(...figures);
}

function build() {
  one("layers").replaceChildren(...layers.map((layer, index) => {
    const about = { type: layer.type, shape: by(layer.shape), parameters: layer.parameters, field: by(layer.field) };
    const text = !index ? by(layer.shape) : layer.parameters
      ? say("{type}: {shape}, {parameters} parameters, sees {field} of the input", about)
      : say("{type}: {shape}, sees {field} of the input", about);
    const parts = [element("h2", { text: `${index} ${nameOf(index)}` }), element("p", { class: "faint", text })];
    if (layer.maps.length > SHOWN) {
      const starts = Array.from({ length: Math.ceil(layer.maps.length / SHOWN) }, (_, at) => at * SHOWN);
      const choice = element("select", {}, ...starts.map((start) => element("option", { value: start,
        text: `${start}\u2013${Math.min(layer.maps.length, start + SHOWN) - 1}` })));
      choice.value = layer.first;
      choice.addEventListener("change", () => {
        layer.first = Number(choice.value);
        fill(index);
        follow();
      });
      parts.push(element("label", { text: `${say("maps")} ` }, choice));
    }
    return element("section", {}, ...parts, element("div", { class: "maps", id: `maps-${index}` }));
  }));
  layers.forEach((_, index) => fill(index));
  const { name, stack } = data, [row, column] = data.at.map((at, axis) => at + data.layers.at(-1).start[axis]);
  tell({
    lead: say("{name} through {stack}. Each pixel is computed from a small window of the layer before it (local connection), and layer by layer it sees more of the input (hierarchy).", { name, stack }),
    part: data.whole ? "" : say("The layers were computed from the whole picture; the page holds the part of each that the pixels around row {row}, column {column} of the last layer depend on.", { row, column }),
  });
  follow();
}

async function begin() {
  layers = await Promise.all(data.layers.map(opened));
  layers.at(-1).first = data.map - data.map % SHOWN;
  build();
  document.addEventListener("language", build);
  addEventListener("resize", follow);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
}

window.convcli = { ready: begin(), state, select, dependence, layers: () => layers };
