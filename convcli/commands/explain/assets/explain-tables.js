// What is made of elements: the grid of weights to edit, and the tables behind one output pixel.

const DENSE = 5; // more columns are written smaller, one table below the other
const MOST_SHOWN = 15; // rows and columns of a table; sums are over everything

// A number in a cell: few digits, and powers of ten rather than a row of zeros.
function brief(value, digits = 4) {
  if (value && Math.abs(value) < 1e-3) return value.toExponential(1);
  return shown(value, Number.isInteger(value) ? 6 : digits);
}

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

const placeText = (place) => `row ${place[0]}, column ${place[1]}`;

// Window, kernel and products; what is padding says where it was taken from.
function fillTables(trace, settings, chosen) {
  const [top, bottom] = middleOf(trace.taps.length);
  const [left, right] = middleOf(trace.taps[0].length);
  const taps = trace.taps.slice(top, bottom).map((row) => row.slice(left, right));
  const [rows, columns] = [taps.length, taps[0].length];
  const heads = { rows: taps.map((row) => row[0].place[0]), columns: taps[0].map((tap) => tap.place[1]) };
  const window_ = grid(one("window"), rows, columns, heads);
  const kernel = grid(one("weights-used"), rows, columns);
  const products = grid(one("products"), rows, columns);
  const dense = columns > DENSE, digits = dense ? 3 : 4;
  one("tables").classList.toggle("dense", dense);
  const [mostWeight, mostProduct] = ["weight", "product"].map((name) => largestOf(taps.flat().map((tap) => tap[name])));
  taps.forEach((row, i) => row.forEach((tap, j) => {
    const cell = window_[i][j];
    const origin = tap.from ? tap.from.join(",") : "const";
    cell.textContent = brief(tap.value, digits);
    cell.className = tap.padding ? "padding" : "";
    if (tap.padding && !dense) cell.append(element("small", { text: ` ${origin}` }));
    cell.title = tap.padding
      ? `padding: ${tap.from ? `taken from ${placeText(tap.from)}` : `the constant ${shown(tap.value)}`}`
      : placeText(tap.place);
    kernel[i][j].textContent = brief(tap.weight, digits);
    tint(kernel[i][j], tap.weight, mostWeight);
    products[i][j].textContent = brief(tap.product, digits);
    tint(products[i][j], tap.product, mostProduct);
    for (const cells of [window_, kernel, products]) {
      cells[i][j].dataset.tap = `${i + top},${j + left}`;
      cells[i][j].classList.toggle("chosen", tap === chosen);
    }
  }));
  const all = trace.taps.length * trace.taps[0].length;
  one("cropped").textContent = rows * columns < all
    ? `The tables show the middle ${rows} x ${columns} of ${trace.taps.length} x ${trace.taps[0].length}; the sum is over all ${all}.` : "";
  one("kernel-title").textContent = settings.convolve ? "kernel, rotated by 180\u00b0" : "kernel";
}

// "3 x 1 - 2 x 4 ...": written out while it is short.
function sumText({ flat, sum }) {
  const products = flat.map((tap) => tap.product);
  if (products.length > 9) return `sum of the ${products.length} products = ${shown(sum, 6)}`;
  const [first, ...others] = products.map((product) => shown(product, 5));
  const rest = others.map((text) => (text[0] === "-" ? ` \u2212 ${text.slice(1)}` : ` + ${text}`));
  return `${first.replace("-", "\u2212")}${rest.join("")} = ${shown(sum, 6)}`;
}

// Which rows or columns a window sees, in words.
const ends = (first, last) => (first === last ? `${first}` : `${first} to ${last}`);

function spokenOf(trace) {
  const { flat, first, last } = trace;
  const made = flat.filter((tap) => tap.padding).length;
  const from = `It sees rows ${ends(first[0], last[0])} and columns ${ends(first[1], last[1])}`;
  const padding = made ? `; ${made} of its ${flat.length} pixels are padding` : "";
  return `Output pixel (${trace.at.join(", ")}) is ${shown(trace.value, 6)}. ${from}${padding}.`;
}

// The formula of the output's size, numbers filled in.
function sizeFormula(axis, picture, { kernel, sides, sizes }, { stride, dilation }) {
  const size = axis ? picture.width : picture.height, taps = axis ? kernel[0].length : kernel.length;
  const [before, after] = sides[axis];
  return `\u230a(${size} + ${before} + ${after} \u2212 ${dilation[axis]}\u00b7(${taps} \u2212 1) \u2212 1) / ${stride[axis]}\u230b + 1 = ${sizes[axis]}`;
}

// The grid of weights to edit; `changed` is called with row, column and the number.
function editor(table, kernel, changed) {
  const [rows, columns] = [kernel.length, kernel[0].length];
  const cells = grid(table, rows, columns);
  cells.forEach((row, i) => row.forEach((cell, j) => {
    if (cell.firstChild) return;
    const input = element("input", { type: "text", inputmode: "text", autocomplete: "off",
      "aria-label": `weight row ${i + 1}, column ${j + 1}` });
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
