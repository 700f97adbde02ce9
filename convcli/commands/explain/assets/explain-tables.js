// What is made of elements: the grid of weights to edit, and the tables behind one output pixel.

const DENSE = 5; // more columns are written smaller, one table below the other
const MOST_SHOWN = 15; // rows and columns of a table; sums are over everything
const MOST_TERMS = 9; // of a sum that is written out
const MOST_CHIPS = 16;
const MOST_ROWS = 4; // channels that are shown one below the other

// A number as people read it, and whole ones to the last digit.
const figure = (value, digits) => shown(value, Number.isSafeInteger(value) ? 16 : digits);

// A number in a cell: few digits, and powers of ten rather than a row of zeros.
const brief = (value, digits = 4) => (value && Math.abs(value) < 1e-3 ? value.toExponential(1) : figure(value, digits));

const middleOf = (length) => {
  const start = Math.max(0, Math.floor((length - MOST_SHOWN) / 2));
  return [start, Math.min(length, start + MOST_SHOWN)];
};

// A table of rows x columns, kept as long as its size stays: only texts change while a pixel is followed.
function grid(table, rows, columns, heads) {
  const size = `${rows}x${columns}:${Boolean(heads)}`;
  if (table.dataset.size !== size) {
    table.dataset.size = size;
    const body = Array.from({ length: rows }, () => element("tr", {},
      ...(heads ? [element("th", { scope: "row" })] : []),
      ...Array.from({ length: columns }, () => element("td"))));
    const head = heads ? [element("thead", {}, element("tr", {}, element("td"),
      ...Array.from({ length: columns }, () => element("th", { scope: "col" }))))] : [];
    table.querySelectorAll("thead, tbody").forEach((part) => part.remove());
    table.append(...head, element("tbody", {}, ...body));
  }
  if (heads) {
    [...table.tHead.rows[0].cells].slice(1).forEach((cell, column) => (cell.textContent = heads.columns[column]));
    [...table.tBodies[0].rows].forEach((row, index) => (row.cells[0].textContent = heads.rows[index]));
  }
  return [...table.tBodies[0].rows].map((row) => [...row.cells].slice(heads ? 1 : 0));
}

const largestOf = (values) => Math.max(...values.map(Math.abs));

function tint(cell, value, most) {
  const colour = diverging(most ? value / most : 0);
  cell.style.background = `rgb(${colour})`;
  cell.style.color = isLight(colour) ? "#000" : "#fff";
}

const placeText = ([row, column]) => say("row {row}, column {column}", { row, column });

// Window, kernel and products of the channel of now, or of each where they are few; `place` is that of the chosen tap.
function fillRows(windows, now, { operation }, place) {
  const channels = windows.length > MOST_ROWS ? [now] : [...windows.keys()], several = channels.length > 1;
  const rows = one("windows");
  while (rows.children.length > channels.length) rows.lastChild.remove();
  while (rows.children.length < channels.length) rows.append(rows.firstElementChild.cloneNode(true));
  rows.classList.toggle("several", several);
  rows.classList.toggle("dense", windows[0].taps[0].length > DENSE);
  const kernel = operation === "convolution" ? say("kernel, rotated by 180 degrees") : say("kernel");
  channels.forEach((channel, index) => {
    const row = rows.children[index], { taps, sum } = windows[channel];
    const heads = [windows.length > 1 ? say("window, {channel}", { channel: channelName(channel) }) : say("window"), kernel,
      windows.length > 1 ? say("products, sum {sum}", { sum: figure(sum, 5).replace("-", "\u2212") }) : say("products")];
    row.querySelectorAll("h3").forEach((head, at) => (head.textContent = heads[at]));
    row.classList.toggle("now", several && channel === now);
    fillTables(row, taps, place && taps[place[0]]?.[place[1]], several);
  });
  const { taps, flat } = windows[now], size = [taps.length, taps[0].length];
  tell({ cropped: Math.max(...size) > MOST_SHOWN
    ? say("The tables show the middle {shown} of {all}; the result is of all {count}.", {
      shown: size.map((length) => Math.min(length, MOST_SHOWN)).join(" x "), all: size.join(" x "), count: flat.length }) : "" });
}

// The tables of one channel; what is padding says where it was taken from. Pooling has no kernel.
function fillTables(row, every, chosen, several) {
  const [[top, bottom], [left, right]] = [every.length, every[0].length].map(middleOf);
  const taps = every.slice(top, bottom).map((line) => line.slice(left, right)), pooling = every[0][0].weight === undefined;
  const [rows, columns] = [taps.length, taps[0].length];
  const heads = { rows: taps.map((line) => line[0].place[0]), columns: taps[0].map((tap) => tap.place[1]) };
  const roomy = every[0].length <= DENSE, digits = roomy && !several ? 4 : 3;
  row.querySelectorAll(":scope > :not(:first-child)").forEach((part) => (part.hidden = pooling));
  const find = (name) => row.querySelector(`.${name}`), tables = { window: grid(find("window"), rows, columns, heads) };
  if (!pooling) Object.assign(tables, { weight: grid(find("weights"), rows, columns), product: grid(find("products"), rows, columns) });
  const most = Object.fromEntries(["weight", "product"].map((name) => [name, largestOf(every.flat().map((tap) => tap[name] ?? 0))]));
  taps.forEach((line, i) => line.forEach((tap, j) => {
    for (const [name, cells] of Object.entries(tables)) {
      const cell = cells[i][j];
      if (name === "window") fillWindow(cell, tap, digits, roomy);
      else {
        cell.textContent = brief(tap[name], digits);
        tint(cell, tap[name], most[name]);
      }
      cell.dataset.tap = `${i + top},${j + left}`;
      cell.classList.toggle("chosen", tap === chosen);
    }
  }));
}

function fillWindow(cell, tap, digits, roomy) {
  cell.textContent = tap.counted === false ? "\u00b7" : brief(tap.value, digits);
  cell.className = `${tap.padding ? "padding" : ""} ${tap.winner ? "winner" : ""}`;
  if (tap.padding && roomy && tap.from) cell.append(element("small", { text: ` ${tap.from.join(",")}` }));
  cell.title = originText(tap);
}

// A pixel of the picture, or padding, and what that is.
function originText(tap) {
  if (!tap.padding) return placeText(tap.place);
  if (tap.from) return say("padding, taken from {place}", { place: placeText(tap.from) });
  return tap.counted === false ? say("padding, which takes no part") : say("padding: {value}", { value: shown(tap.value) });
}

const signed = (texts) => texts.map((text, index) => (index === 0 ? text.replace("-", "\u2212")
  : text[0] === "-" ? ` \u2212 ${text.slice(1)}` : ` + ${text}`)).join("");

// "3 - 8 + ... = 12": written out while it is short.
function sumText(values, sum) {
  const made = figure(sum, 6).replace("-", "\u2212");
  if (values.length === 1) return made;
  return values.length > MOST_TERMS ? say("sum of {count} = {sum}", { count: values.length, sum: made })
    : `${signed(values.map((value) => figure(value, 5)))} = ${made}`;
}

// How the numbers of a window that take part become the value, as in max(0, 1, 3, 4) = 4.
function pooledText(flat, value, { operation, p }) {
  const numbers = flat.filter((tap) => tap.counted).map((tap) => figure(tap.value, 5)), count = numbers.length;
  const few = count <= MOST_TERMS, sizes = numbers.map((text) => `|${text}|`);
  const list = (texts) => (few ? texts.join(", ") : say("{count} numbers", { count }));
  const total = (texts) => (few ? signed(texts) : say("sum of {count}", { count }));
  const power = { 1: "", 2: "\u00b2" }[p] ?? `^${p}`, root = p === 1 ? "" : `^(1/${p})`;
  const text = {
    avg: () => `(${total(numbers)}) / ${count}`,
    lp: () => (p === Infinity ? `max(${list(sizes)})` : `(${total(sizes.map((size) => size + power))})${root}`),
  }[operation]?.() ?? `${operation}(${list(numbers)})`;
  return `${text} = ${figure(value, 6)}`;
}

// How the values of a kernel's parts become one, as in sqrt(70^2 + 4^2) = 70.11.
function combinedText(values, combine, value) {
  const texts = values.map((each) => figure(each, 5)), made = figure(value, 6);
  if (texts.length > MOST_TERMS) return `${combine}(${say("{count} numbers", { count: texts.length })}) = ${made}`;
  return {
    magnitude: () => `\u221a(${texts.map((text) => `${text[0] === "-" ? `(${text})` : text}\u00b2`).join(" + ")}) = ${made}`,
    max: () => `max(${texts.join(", ")}) = ${made}`,
    sum: () => sumText(values, value),
    orientation: () => `atan2(${texts[1]}, ${texts[0]}) = ${made}\u00b0`,
  }[combine]();
}

// Values to choose from, such as the subtotals of channels: one button each, in which only texts change.
function chips(id, names, values, chosen, choose, winner = null) {
  const row = one(id), many = values.length > MOST_CHIPS;
  row.hidden = values.length < 2 || many;
  if (row.hidden) return;
  while (row.children.length > values.length) row.lastChild.remove();
  while (row.children.length < values.length) {
    const button = element("button", { type: "button" }), index = row.children.length;
    button.addEventListener("click", () => row.choose(index));
    row.append(button);
  }
  row.choose = choose;
  values.forEach((value, index) => {
    const button = row.children[index];
    button.replaceChildren(element("span", { text: names[index] }), ` ${figure(value, 5)}`);
    button.setAttribute("aria-pressed", String(index === chosen));
    button.classList.toggle("winner", value === winner);
  });
}

// Which rows and columns a window sees, in words.
const rowsText = (first, last) => say(first === last ? "row {first}" : "rows {first} to {last}", { first, last });
const columnsText = (first, last) => say(first === last ? "column {first}" : "columns {first} to {last}", { first, last });
const regionText = ([top, left], [bottom, right], size) => say("{rows}, {columns} ({size})",
  { rows: rowsText(top, bottom), columns: columnsText(left, right), size: size.join(" x ") });

// Chinese has no spaces between sentences.
const sentences = (...said) => said.filter(Boolean).reduce((before, after) => say("{before} {after}", { before, after }));

function spokenOf({ windows: [{ flat }], first, last, at, value }) {
  const made = flat.filter((tap) => tap.padding).length;
  return sentences(say("Output pixel ({at}) is {value}.", { at: at.join(", "), value: figure(value, 6) }),
    say("It sees {rows} and {columns}.", { rows: rowsText(first[0], last[0]), columns: columnsText(first[1], last[1]) }),
    made ? say("{made} of its {all} pixels are padding.", { made, all: flat.length }) : "");
}

// The formula of the output's size, numbers filled in.
function sizeFormula(axis, picture, { size: taps, sides, sizes }, { stride, dilation, ceil }) {
  const size = axis ? picture.width : picture.height, [before, after] = sides[axis];
  const [open, close] = ceil ? "\u2308\u2309" : "\u230a\u230b";
  const left = ceil && sizes[axis] < sizeOf(size, taps[axis], [before, after + stride[axis] - 1], stride[axis], dilation[axis]);
  return `${open}(${size} + ${before} + ${after} \u2212 ${dilation[axis]}\u00b7(${taps[axis]} \u2212 1) \u2212 1) / ${stride[axis]}${close}`
    + ` + 1${left ? " \u2212 1" : ""} = ${sizes[axis]}${left ? ` (${say("a last window would begin in the padding, and is left out")})` : ""}`;
}

// The grid of weights to edit; `changed` is called with row, column and the number.
function editor(table, kernel, changed) {
  const [rows, columns] = [kernel.length, kernel[0].length];
  const cells = grid(table, rows, columns);
  cells.forEach((row, i) => row.forEach((cell, j) => {
    if (cell.firstChild) return;
    const input = element("input", { type: "text", inputmode: "text", autocomplete: "off",
      "aria-label": say("weight row {row}, column {column}", { row: i + 1, column: j + 1 }) });
    input.addEventListener("input", () => {
      const value = numberIn(input.value);
      input.setAttribute("aria-invalid", String(Number.isNaN(value)));
      if (!Number.isNaN(value)) changed(i, j, value);
    });
    input.addEventListener("focus", () => {
      input.value = shown(Number(input.dataset.weight), 12);
      input.select();
    });
    input.addEventListener("blur", () => {
      input.value = brief(Number(input.dataset.weight), 3);
      input.removeAttribute("aria-invalid");
    });
    cell.append(input);
  }));
  const most = largestOf(kernel.flat());
  cells.forEach((row, i) => row.forEach((cell, j) => {
    const input = cell.firstChild;
    tint(input, kernel[i][j], most);
    input.dataset.weight = kernel[i][j];
    if (document.activeElement !== input) input.value = brief(kernel[i][j], 3); // never under the writer's hands
  }));
}
