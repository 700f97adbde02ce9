"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);
const on = (id, kind, act) => one(id).addEventListener(kind, act);
const clamp = (value, most) => Math.max(0, Math.min(most, value));

function tell(texts) {
  for (const [id, text] of Object.entries(texts)) one(id).textContent = text;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") made.textContent = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// The bytes of a deflated stream in base64.
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// The scale around 0 of every picture: blue is negative, light grey 0, red positive (Moreland 2009).
function diverging(share) {
  if (Number.isNaN(share)) return [90, 90, 90];
  const end = share < 0 ? [59, 76, 192] : [180, 4, 38];
  const much = Math.min(1, Math.abs(share));
  return end.map((value) => Math.round(221 + much * (value - 221)));
}

// A number as people read it: short, and never "-0".
function shown(value, digits = 5) {
  if (!Number.isFinite(value)) return String(value);
  const text = String(Number(value.toPrecision(digits)));
  return text === "-0" ? "0" : text;
}
