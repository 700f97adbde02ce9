// Drawing on canvases. Everything is placed in CSS pixels; `scale` is how many of them a pixel takes.

// The colour that a variable of the style sheet stands for, in the light or dark scheme of now.
const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);
function style(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

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

// A picture as a canvas of its own size, to be drawn from.
function developed({ height, width, values }, tone) {
  const image = new ImageData(width, height);
  for (let at = 0; at < values.length; at++) {
    const [red, green, blue] = tone(values[at]);
    image.data.set([red, green, blue, 255], 4 * at);
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Fit `height` x `width` pixels into a canvas, whole CSS pixels each where there is room for that.
function fitted(canvas, height, width) {
  const wide = canvas.parentElement.clientWidth;
  const high = Math.min(1.3 * wide, Number(getComputedStyle(canvas).getPropertyValue("--tallest")));
  let scale = Math.min(wide / width, high / height);
  if (scale > 2) scale = Math.floor(scale);
  const dense = window.devicePixelRatio || 1;
  const [across, down] = [Math.max(1, width * scale), Math.max(1, height * scale)];
  canvas.style.width = `${across}px`;
  canvas.style.height = `${down}px`;
  canvas.width = Math.round(across * dense);
  canvas.height = Math.round(down * dense);
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.imageSmoothingEnabled = scale * dense < 1;
  context.imageSmoothingQuality = "high";
  return { context, scale, width: across, height: down };
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
  framed(context, x, y, width, height, colour, width > 6 ? 2 : 1);
  const radius = 11;
  if (Math.max(width, height) >= radius) return;
  for (const [ink, thick] of [["#000c", 4], [colour, 2]]) {
    pen(context, ink, thick).beginPath();
    context.arc(x + width / 2, y + height / 2, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

let stripes = null;
function hatch(context) {
  if (stripes?.ink !== style("--hatch")) {
    const tile = new OffscreenCanvas(8, 8), drawn = pen(tile.getContext("2d"), style("--hatch"), 1.6);
    for (const offset of [-8, 0, 8]) {
      drawn.beginPath();
      drawn.moveTo(offset, 8);
      drawn.lineTo(offset + 8, 0);
      drawn.stroke();
    }
    stripes = { ink: style("--hatch"), pattern: context.createPattern(tile, "repeat") };
  }
  return stripes.pattern;
}

// Stripes over what lies beyond the picture, whose own edge is a line.
function markPadding({ context, scale, width, height }, padded, picture, line) {
  const [x, y] = [padded.left * scale, padded.top * scale];
  const [wide, high] = [picture.width * scale, picture.height * scale];
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(x, y, wide, high);
  context.clip("evenodd");
  context.fillStyle = hatch(context);
  context.fillRect(0, 0, width, height);
  context.restore();
  pen(context, style("--edge"), line).strokeRect(x, y, wide, high);
}

// The padded input, the window on it, and the pixels that its padding was taken from.
function drawInput(canvas, film, { padded }, picture, trace) {
  const view = fitted(canvas, padded.height, padded.width);
  view.context.drawImage(film, 0, 0, view.width, view.height);
  if (padded.height > picture.height || padded.width > picture.width) {
    markPadding(view, padded, picture, Math.min(2, Math.max(1, view.scale / 8)));
  }
  if (trace) {
    const { context, scale } = view;
    const place = ([row, column]) => [(column + padded.left) * scale, (row + padded.top) * scale];
    for (const tap of trace.flat) {
      if (!tap.padding || !tap.from) continue;
      const [x, y] = place(tap.from), size = Math.max(scale, 4); // seen on a photograph, too
      framed(context, x + (scale - size) / 2, y + (scale - size) / 2, size, size, style("--source"), 1);
    }
    const [x, y] = place(trace.first);
    const [right, bottom] = place(trace.last);
    pointed(context, x, y, right - x + scale, bottom - y + scale, style("--mark"));
  }
  return view;
}

function drawResult(canvas, film, { result }, [row, column]) {
  const view = fitted(canvas, result.height, result.width);
  view.context.drawImage(film, 0, 0, view.width, view.height);
  pointed(view.context, column * view.scale, row * view.scale, view.scale, view.scale, style("--mark"));
  return view;
}

// The surroundings of the window, pixel by pixel, with arrows from where padding was taken.
function drawLens(canvas, { padded }, picture, trace, tone, chosen) {
  const { flat: taps, first, last } = trace;
  const spans = [padded.height, padded.width].map((size, axis) => {
    const before = axis ? padded.left : padded.top;
    const length = last[axis] - first[axis] + 1;
    const margin = Math.max(2, Math.floor((7 - length) / 2));
    const start = Math.max(0, first[axis] + before - margin);
    return [start, Math.min(size, last[axis] + before + 1 + margin)];
  });
  const [[top, bottom], [left, right]] = spans;
  const { context, scale } = fitted(canvas, bottom - top, right - left);
  const corner = ([row, column]) => [(column + padded.left - left) * scale, (row + padded.top - top) * scale];
  const middle = (place) => corner(place).map((value) => value + scale / 2);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const place = [row - padded.top, column - padded.left];
      const [x, y] = corner(place);
      context.fillStyle = `rgb(${tone(padded.values[row * padded.width + column])})`;
      context.fillRect(x, y, scale + 0.5, scale + 0.5);
      if (place[0] < 0 || place[1] < 0 || place[0] >= picture.height || place[1] >= picture.width) {
        context.fillStyle = hatch(context);
        context.fillRect(x, y, scale, scale);
      }
    }
  }
  const [edgeX, edgeY] = corner([0, 0]);
  pen(context, style("--edge"), 2).strokeRect(edgeX, edgeY, picture.width * scale, picture.height * scale);
  const [x, y] = corner(first);
  const [farX, farY] = corner(last);
  if (hasGaps(trace)) for (const tap of taps) framed(context, ...corner(tap.place), scale, scale, style("--mark"), 1);
  else if (scale >= 16) for (const tap of taps) pen(context, "#8889", 1).strokeRect(...corner(tap.place), scale, scale);
  framed(context, x, y, farX - x + scale, farY - y + scale, style("--mark"), 3);
  const within = (place) => place.every((at, axis) => {
    const start = spans[axis][0] - (axis ? padded.left : padded.top);
    return at >= start && at < start + spans[axis][1] - spans[axis][0];
  });
  const moved = taps.filter((tap) => tap.padding && tap.from);
  for (const tap of moved) {
    if (moved.length <= 16 || tap === chosen) arrow(context, middle(tap.from), middle(tap.place), scale, within(tap.from) ? 0.22 : 0, tap === chosen);
  }
  if (scale >= 26) for (const tap of taps) writeNumber(context, shown(tap.value, 4), middle(tap.place), scale, tone(tap.value));
  if (chosen) framed(context, ...corner(chosen.place), scale, scale, style("--source"), 3);
}

function writeNumber(context, text, [x, y], scale, ground) {
  context.font = `600 ${Math.min(14, (1.5 * scale) / Math.max(3, text.length))}px system-ui, sans-serif`;
  context.lineJoin = "round";
  context.fillStyle = isLight(ground) ? "#000" : "#fff";
  pen(context, `rgb(${ground})`, 4).strokeText(text, x, y);
  context.fillText(text, x, y);
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
  const angle = Math.atan2(toY - bendY, toX - bendX);
  const head = Math.min(strong ? 11 : 8, scale / 3);
  const short = Math.min(0.3 * scale, length / 4); // the number in the middle stays free
  const [tipX, tipY] = [toX - short * Math.cos(angle), toY - short * Math.sin(angle)];
  for (const [colour, thick] of [["#0009", strong ? 5 : 3.4], [style("--source"), strong ? 3 : 1.7]]) {
    context.fillStyle = colour;
    context.lineCap = "round";
    pen(context, colour, thick).beginPath();
    context.moveTo(fromX, fromY);
    context.quadraticCurveTo(bendX, bendY, tipX - 0.7 * head * Math.cos(angle), tipY - 0.7 * head * Math.sin(angle));
    context.stroke();
    context.beginPath();
    context.moveTo(tipX, tipY);
    for (const turn of [-0.42, 0.42]) {
      context.lineTo(tipX - head * Math.cos(angle + turn), tipY - head * Math.sin(angle + turn));
    }
    context.closePath();
    context.fill();
  }
}
