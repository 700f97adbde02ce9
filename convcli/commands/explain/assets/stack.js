// A stack of layers: what a pixel of any layer is computed from, in the layer before it and back to the input.

const SHOWN = 4; // maps of a layer at a time
const MOST_CELLS = 16, CELL = 32, SIDE = 176; // columns of maps with large cells; CSS pixels of these, and of other maps
const WRITTEN_OUT = 9; // numbers in a line
const CONSTANT = 65535; // a tap on the padding value; at the one below, a tap that takes no part
const keys = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const state = { layer: data.layers.length - 1, map: data.map, at: data.at, held: false };
let layers = [];

const nameOf = (index) => (index ? data.layers[index].name : say("input"));
const spread = (texts) => texts.join(" + ").replaceAll("+ -", "\u2212 ");
const by = (sizes) => sizes.join(" x ");
const unique = (values) => [...new Set(values)].sort((a, b) => a - b);
const taken = (table, at) => [...table.values.subarray(at * table.width, (at + 1) * table.width)];

async function opened(layer) {
  const [maps, rows, columns, weights] = await Promise.all(
    ["maps", "rows", "columns", "weights"].map((key) => layer[key] && unpacked(layer[key])));
  const values = maps.flatMap((map) => [...map.values]), tone = tones(rangeOf(values));
  return { ...layer, maps, rows: rows?.[0], columns: columns?.[0], weights, tone, first: 0,
    films: maps.map((map) => film(map, tone)) };
}

// A map as a canvas of its own size, to be drawn from.
function film({ height, width, values }, tone) {
  const image = new ImageData(width, height);
  values.forEach((value, at) => image.data.set([...tone(value), 255], 4 * at));
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
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
    const back = (table, places) => unique(places.flatMap((place) => taken(table, place))).filter((place) => place < CONSTANT - 1);
    found.unshift({ rows: back(made.rows, rows), columns: back(made.columns, columns),
      maps: unique(maps.flatMap((each) => channelsOf(made, each))) });
  }
  return found;
}

// What the chosen pixel reads of one channel, row by row: null where a tap takes no part.
function windowOf(layer, { at: [row, column] }, channel, { height, width, values } = layers[state.layer - 1].maps[channel]) {
  const rows = taken(layer.rows, row), columns = taken(layer.columns, column);
  return rows.map((y) => columns.map((x) => {
    if (y < height && x < width) return values[y * width + x];
    return y === CONSTANT - 1 || x === CONSTANT - 1 ? null : layer.constant;
  }));
}

function scaleFor({ height, width }, room) {
  const scale = Math.min(room, width <= MOST_CELLS && height <= MOST_CELLS ? CELL * width : SIDE * Math.min(1, width / height)) / width;
  return scale > 2 ? Math.floor(scale) : scale;
}

// Numbers in cells, where all of a map fit.
function writeNumbers(context, { height, width, values }, scale, tone) {
  for (const digits of [4, 3, 2]) {
    const texts = [...values].map((value) => shown(value, digits));
    const font = Math.min(0.4 * scale, (scale - 4) / (0.6 * Math.max(...texts.map((text) => text.length))));
    if (font < 8.5) continue;
    context.font = `600 ${Math.min(14, font)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    texts.forEach((text, at) => {
      context.fillStyle = isLight(tone(values[at])) ? "#000" : "#fff";
      context.fillText(text, (at % width + 0.5) * scale, (Math.floor(at / width) + 0.5) * scale);
    });
    return;
  }
}

// First and last of each row of neighbours: 1 2 3 7 8 is 1 to 3 and 7 to 8.
const runs = (places) => places.reduce((found, place) => {
  if (found.length && found.at(-1)[1] === place - 1) found.at(-1)[1] = place;
  else found.push([place, place]);
  return found;
}, []);

function draw(canvas, index, map, region) {
  const layer = layers[index], picture = layer.maps[map];
  const room = canvas.id ? canvas.parentElement : one("layers"); // the input is shown beside the words, too
  const scale = scaleFor(picture, room.clientWidth), dense = window.devicePixelRatio || 1;
  const [wide, high] = [picture.width * scale, picture.height * scale].map((size) => Math.max(1, size));
  Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
  canvas.width = Math.round(wide * dense);
  canvas.height = Math.round(high * dense);
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(layer.films[map], 0, 0, wide, high);
  if (scale >= 16) {
    context.fillStyle = "#8887";
    for (let row = 1; row < picture.height; row++) context.fillRect(0, row * scale - 0.5, wide, 1);
    for (let column = 1; column < picture.width; column++) context.fillRect(column * scale - 0.5, 0, 1, high);
    writeNumbers(context, picture, scale, layer.tone);
  }
  if (!region?.maps.includes(map)) return;
  const colour = style(index >= state.layer - 1 ? "--mark" : "--field");
  for (const [top, bottom] of runs(region.rows)) {
    for (const [left, right] of runs(region.columns)) {
      const place = [left * scale, top * scale, (right - left + 1) * scale, (bottom - top + 1) * scale];
      (index === state.layer ? pointed : framed)(context, ...place, colour, scale > 12 ? 3 : 2);
    }
  }
}

const ends = (places, start) => (places.length > 1 ? say("{first} to {last}", { first: places[0] + start, last: places.at(-1) + start }) : String(places[0] + start));
const regionOf = ({ rows, columns }, [top, left]) => (rows.length && columns.length
  ? say("rows {rows}, columns {columns} ({size})", { rows: ends(rows, top), columns: ends(columns, left), size: by([rows.length, columns.length]) })
  : say("padding alone"));

// What the layer computes, in a line, and tables of the products.
function arithmetic(layer, value) {
  if (!state.layer) return [say("A pixel of the input."), []];
  const made = ` = ${shown(value, 6)}`, tables = [];
  if (!layer.sums) {
    const values = windowOf(layer, state, state.map).flat().filter((each) => each !== null);
    const [name, listed] = layer.function === "relu" ? ["max", [0, ...values]] : [layer.function, values];
    const inside = listed.length > WRITTEN_OUT ? say("{count} values", { count: listed.length }) : listed.map((each) => shown(each)).join(", ");
    return [`${name}(${inside})${made}`, []];
  }
  const biasOf = (bias) => (bias ? ` + ${shown(bias)}` : "").replace("+ -", "\u2212 ");
  const sums = sumsOf(layer, state.map).map(([plane, first, count, bias]) => {
    const parts = Array.from({ length: count }, (_, channel) => {
      const weights = layer.weights[plane + channel].values;
      const taps = windowOf(layer, state, first + channel);
      const total = sumOf(taps.flat().map((each, at) => each * weights[at]));
      return { channel: first + channel, taps, weights, total };
    }).sort((a, b) => Math.abs(b.total) - Math.abs(a.total) || a.channel - b.channel);
    tables.push(...parts.slice(0, SHOWN));
    const written = count > WRITTEN_OUT ? SHOWN : count, rest = sumOf(parts.slice(written).map(({ total }) => total));
    const terms = parts.slice(0, written).map(({ total }) => shown(total));
    if (count > written) terms.push(`${shown(rest)} (${say("others")})`);
    return { text: `${spread(terms)}${biasOf(bias)}`, total: sumOf(parts.map(({ total }) => total)) + bias };
  });
  if (layer.combine === "none") return [`${sums[0].text}${biasOf(layer.bias)}${made}`, tables];
  return [`${layer.combine}(${sums.map(({ total }) => shown(total)).join(", ")})${biasOf(layer.bias)}${made}`, tables];
}

// Value x weight, tap by tap, of one channel; none where there are too many to be read.
function products({ channel, taps, weights, total }) {
  const caption = element("caption", { text: say("map {map}: sum {total}", { map: channel, total: shown(total) }) });
  if (taps[0].length > 5 || taps.length > 9) return element("table", {}, caption);
  const most = Math.max(...taps.flat().map((value, at) => Math.abs(value * weights[at]))) || 1;
  return element("table", {}, caption, ...taps.map((row, i) => element("tr", {}, ...row.map((value, j) => {
    const weight = weights[i * row.length + j], colour = diverging((value * weight) / most);
    const cell = element("td", { text: `${shown(value, 3)}\u00d7${shown(weight, 3)}` });
    cell.style.background = `rgb(${colour})`;
    cell.style.color = isLight(colour) ? "#000" : "#fff";
    return cell;
  }))));
}

const valueOf = ({ layer, map, at: [row, column] }) => layers[layer].maps[map].values[row * layers[layer].maps[map].width + column];

// Everything about the chosen pixel: after it, or the language, has changed.
function follow() {
  const found = dependence(state), layer = layers[state.layer], value = valueOf(state);
  one("input").dataset.map = found[0].maps[0];
  for (const canvas of all("canvas")) draw(canvas, Number(canvas.dataset.layer), Number(canvas.dataset.map), found[canvas.dataset.layer]);
  const place = { row: state.at[0] + layer.start[0], column: state.at[1] + layer.start[1] };
  const [input] = data.layers, share = (100 * found[0].rows.length * found[0].columns.length) / (input.shape[1] * input.shape[2]);
  const before = found[state.layer - 1];
  const [line, tables] = arithmetic(layer, value);
  tell({
    which: say("{layer}, map {map}, row {row}, column {column}: {value}", { layer: nameOf(state.layer), map: state.map, ...place, value: shown(value, 6) }),
    sees: say("Receptive field in the input: {region}, {share}% of the picture.", { region: regionOf(found[0], input.start), share: shown(share, 3) }),
    reads: before ? say("Its window in {layer}: {region}, in {count} of {all} maps.", { layer: nameOf(state.layer - 1),
      region: regionOf(before, layers[state.layer - 1].start), count: before.maps.length, all: layers[state.layer - 1].maps.length }) : "",
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
  const canvas = element("canvas", { tabindex: 0, role: "application", "data-layer": index, "data-map": map, "aria-describedby": "which" });
  const under = ({ offsetX, offsetY }) => [offsetY, offsetX].map((place) => Math.floor((place * layers[index].maps[map].width) / parseFloat(canvas.style.width)));
  canvas.addEventListener("pointermove", (event) => state.held || select(index, map, under(event)));
  canvas.addEventListener("click", (event) => {
    select(index, map, under(event));
    if (event.pointerType !== "touch") state.held = !state.held; // a finger does not hover: there is nothing to hold
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") state.held = false;
    if (!keys[event.key] || event.altKey || event.metaKey) return;
    const at = state.layer === index && state.map === map ? state.at : [0, 0];
    select(index, map, at.map((place, axis) => place + keys[event.key][axis]));
    event.preventDefault();
  });
  return canvas;
}

// The maps of a layer that are shown, SHOWN at a time.
function fill(index) {
  const { maps, first } = layers[index];
  const shown = maps.slice(first, first + SHOWN).map((_, at) => {
    const canvas = canvasOf(index, first + at);
    canvas.setAttribute("aria-label", say("{layer}, map {map}: arrow keys choose the pixel", { layer: nameOf(index), map: first + at }));
    return element("figure", {}, element("figcaption", { text: say("map {map}", { map: first + at }) }), canvas);
  });
  one(`maps-${index}`).replaceChildren(...shown);
}

function build() {
  one("layers").replaceChildren(...layers.map((layer, index) => {
    const about = { type: layer.type, shape: by(layer.shape), parameters: layer.parameters, field: by(layer.field) };
    const text = index ? say("{type}: {shape}, {parameters} parameters, sees {field} of the input", about) : by(layer.shape);
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
