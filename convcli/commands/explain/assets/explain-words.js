// What the page says of its settings and of one output pixel, in the language of now.

const options = (id, pairs) => one(id).replaceChildren(...pairs.map(([value, text]) => element("option", { value, text })));

// What there is to choose from.
function tellChoices() {
  const groups = [[say("yours"), true], [say("library"), false]].map(([label, given]) => {
    const of = data.kernels.flatMap((kernel, index) =>
      kernel.given === given ? [element("option", { value: index, text: kernel.name })] : []);
    return element("optgroup", { label }, ...of);
  });
  groups[0].append(element("option", { value: "own", text: say("edited by hand") }));
  one("kernel").replaceChildren(...groups);
  options("combine", ["magnitude", "max", "sum", "orientation", "none"].map((how) => [how, how]));
}

function tellSettings(large) {
  const { settings, kernel } = state, pooling = isPooling(settings), { operation } = settings;
  const [[top, bottom], [left, right]] = found.sides, several = !pooling && kernel.parts.length > 1;
  const made = top || bottom || left || right, [rows, columns] = found.size;
  const own = typeof settings.padding !== "string", valid = settings.pad === "valid";
  const sum = sumOf(partNow().weights.flat(2)), { about } = data.kernels[state.choice] ?? {};
  options("channel", [...(luma && !added() ? [LUMA] : []), ...data.channels.keys()].map((index) => [index, channelName(index)]));
  options("part", kernel.parts.map((_, index) => [index, partName(index)]));
  options("pad", Object.keys(DRAWN).filter((mode) => pooling || mode !== "neutral").map((mode) => [mode, mode]));
  one("combine").options[3].hidden = kernel.parts.length !== 2; // orientation
  tell({
    title: pooling ? say("Pooling, pixel by pixel") : say("A convolution, pixel by pixel"),
    lead: leadText(pooling),
    about: `${about ? `${say(about)}${say("; ")}` : ""}${rows} x ${columns}${say(", ")}${say("sum {sum}", { sum: shown(Math.abs(sum) < 1e-12 ? 0 : sum, 4) })}`,
    "part-title": kernel.combine === "none" ? say("map") : say("component"),
    "too-large": large ? say("{size} weights are too many to edit here.", { size: `${rows} x ${columns}` }) : "",
    "pad-drawing": valid ? `${DRAWN.valid}: ${say("nothing is made up")}` : DRAWN[settings.pad]
      || (countsZeros(settings) ? say("it counts as 0") : say("it never takes part")),
    formula: `H\u2032 = \u230a(H + ${say("top")} + ${say("bottom")} \u2212 d\u00b7(k \u2212 1) \u2212 1) / s\u230b + 1`,
    "height-formula": sizeFormula(0, found.of, found, settings),
    "width-formula": sizeFormula(1, found.of, found, settings),
    "input-words": `${sizeText(found.shown)}${say(", ")}${made ? say("striped: {mode} padding", { mode: settings.pad }) : say("no padding")}`,
    "result-words": found.result ? resultText() : say("no output pixels"),
    problem: found.result ? "" : problemText(),
  });
  const visible = {
    "channel-row": data.channels.length > 1, "combine-row": several,
    "part-row": several, "constant-row": settings.pad === "constant", "amount-row": !valid, "own-row": !valid && own,
    "editor-frame": !large, sizes: !large, "p-row": operation === "lp",
    "count-row": operation === "avg" && settings.pad === "neutral",
  };
  for (const [id, shows] of Object.entries(visible)) one(id).hidden = !shows;
  for (const part of all(".kernels")) part.hidden = pooling;
  for (const part of all(".pools")) part.hidden = !pooling;
}

function leadText(pooling) {
  const { shape: [, height, width] } = data.pixels, [top, left] = data.start;
  const size = say("{name}, {height} x {width} pixels.", { name: data.name, height: data.size[0], width: data.size[1] });
  const part = height === data.size[0] && width === data.size[1] ? "" : say(
    "The page holds {rows} and {columns} of it, counted from 0 here: padding is made up at the edges of this part.",
    { rows: rowsText(top, top + height - 1), columns: columnsText(left, left + width - 1) });
  const how = pooling ? say("Each pixel of the result is the {what} of the window's pixels.", { what: say(POOLED[state.settings.operation]) })
    : added() ? say("Each pixel of the result is a sum over all channels: the window's pixels times the kernel's weights.")
      : say("Each pixel of the result is a sum: the window's pixels times the kernel's weights.");
  return sentences(size, part, how, say("Point at a pixel, change the window, change the padding."));
}

function resultText() {
  const { low, high } = rangeDrawn();
  const words = say("{size}, {low} to {high} as {colours}", { size: sizeText(found.result), low: brief(low), high: brief(high),
    colours: low < 0 ? say("blue to red") : say("black to white") });
  const which = found.combine ? found.combine
    : !isPooling(state.settings) && state.kernel.parts.length > 1 ? partName(state.part) : "";
  return which ? `${which}${say(": ")}${words}` : words;
}

function problemText() {
  if (Math.min(...found.sizes)) {
    return found.combine ? say("The components' results differ in size, so they cannot be combined.")
      : say("A window would see padding alone: pad less, or choose another padding mode.");
  }
  return say("The window is larger than the padded picture: make it smaller, or pad more.");
}

// The sums behind one output pixel; what has no text is left out.
function tellSums(seen) {
  const { settings } = state, pooling = isPooling(settings), { sum, bias, value, windows } = trace;
  const products = seen.flat.map((tap) => tap.product), several = windows.length > 1;
  const parted = found.combine && COMBINE[found.combine](trace.parts);
  const [before, plus] = found.combine ? [parted, settings.bias] : [sum, bias];
  const plusText = (from, by, to) => `${signed([figure(from, 6), figure(by, 6)])} = ${signed([figure(to, 6)])}`;
  const kept = data.white === null ? null : storedOf(value, data.white);
  const cut = kept === null || kept === value ? "" : Math.abs(kept - value) > 0.5
    ? say(", cut to fit 0 to {white}", { white: data.white }) : say(", rounded");
  const summed = pooling ? say(POOLED[settings.operation]) : found.combine ? say("sum, {part}", { part: partName(state.part) })
    : several ? say("sum over channels") : say("sum");
  const rows = [
    ["subtotal", say("subtotal, {channel}", { channel: channelName(state.channel) }), several && sumText(products, seen.sum)],
    ["sum", summed, pooling ? pooledText(seen.flat, value, settings)
      : sumText(several ? windows.map((each) => each.sum) : products, sum)],
    ["own-bias", say("with its own bias"), found.combine && bias && plusText(sum, bias, trace.parts[state.part])],
    ["combined", found.combine, found.combine && combinedText(trace.parts, found.combine, parted)],
    ["bias-shown", say("bias"), !pooling && figure(plus, 6)],
    ["value", say("value"), !pooling && plusText(before, plus, value)],
    ["stored", say("stored"), kept !== null && `${kept}${cut}`],
  ];
  one("sums").replaceChildren(...rows.filter(([, , text]) => text).flatMap(
    ([id, title, text]) => [element("dt", { id: `${id}-title`, text: title }), element("dd", { id, text })]));
}

function originOf(seen, chosen) {
  if (chosen) {
    const product = chosen.weight === undefined ? ""
      : `${shown(chosen.value)} \u00d7 ${shown(chosen.weight)} = ${shown(chosen.product)}`;
    const origin = chosen.padding ? originText(chosen) : say("a pixel of the picture");
    return sentences(say("At {place}: {origin}.", { place: placeText(chosen.place), origin }), product);
  }
  const made = seen.flat.filter((tap) => tap.padding);
  if (!made.length) return say("Every pixel of this window lies in the picture.");
  if (made.some((tap) => tap.from)) {
    return one("windows").classList.contains("dense")
      ? say("Dashed pixels are padding: point at one to see where it was taken from.")
      : say("Dashed pixels are padding; below each is the row,column that it was taken from.");
  }
  return say("Dashed pixels are padding: {origin}.", { origin: made[0].counted === false ? say("they take no part") : shown(made[0].value) });
}

// What each canvas shows, for those who do not see it.
function tellCanvases() {
  const channel = data.channels.length > 1 ? `${say(", ")}${channelName(state.channel)}` : "";
  const [input, result] = ["input-words", "result-words"].map((id) => one(id).textContent);
  const { operation } = state.settings, what = one("operation").selectedOptions[0].text;
  const of = operation in POOL ? what : `${data.kernels[state.choice]?.name ?? say("the edited kernel")}${say(", ")}${what}`;
  const names = {
    input: `${data.name}${channel}${say(", ")}${input}${trace ? `${say("; ")}${fieldOf(trace)}` : ""}`,
    result: `${say("Result of {of}, {size}", { of, size: result })}${trace ? say(": arrow keys choose the output pixel") : ""}`,
    lens: `${say("The window, enlarged")}${say(": ")}${trace ? spokenOf(trace) : say("it does not fit")}`,
  };
  for (const [id, name] of Object.entries(names)) one(id).setAttribute("aria-label", name);
}

function fieldOf({ first, last }) {
  const inside = [found.of.height, found.of.width].map((size, axis) => [Math.max(0, first[axis]), Math.min(size - 1, last[axis])]);
  const length = ([start, end]) => Math.max(0, end - start + 1);
  return say("Receptive field: {field}; {inside} of it in the picture.", { inside: inside.map(length).join(" x "),
    field: regionText(first, last, last.map((end, axis) => end - first[axis] + 1)) });
}
