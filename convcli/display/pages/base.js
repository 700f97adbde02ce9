"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);

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
