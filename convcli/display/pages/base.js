"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (id) => document.getElementById(id);
const on = (id, kind, act) => one(id).addEventListener(kind, act);
const arrows = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }; // rows and columns
const clamp = (value, most) => Math.max(0, Math.min(most, value));

function tell(texts) {
  for (const [id, text] of Object.entries(texts)) one(id).textContent = text;
}

// The sentence `english` in the language that is read, with `fields` in its braces.
let language = "en";
function say(english, fields = {}) {
  const text = language === "en" ? english : data.messages[english] ?? english;
  return text.replace(/\{(\w+)\}/g, (braces, name) => fields[name] ?? braces);
}

// What the HTML itself says, found by its English: texts, names for those who do not see, and sentences with
// elements inside, marked data-say, in which these are {0}, {1} and so on.
const written = [];
function gather() {
  const write = (english, put) => written.push([english.trim().replace(/\s+/g, " "), put]);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node, [before, after] = [/^\s*/, /\s*$/].map((space) => own.data.match(space)[0]);
    if (own.parentNode.matches("script, [data-say], #languages *") || !own.data.trim()) continue;
    write(own.data, (text) => { own.data = before + text + after; });
  }
  for (const name of ["aria-label", "title", "placeholder", "label"]) {
    for (const found of all(`[${name}]`)) write(found.getAttribute(name), (text) => found.setAttribute(name, text));
  }
  for (const mixed of all("[data-say]")) {
    const inside = [...mixed.children];
    const parts = [...mixed.childNodes].map((node) => (node.data ?? `{${inside.indexOf(node)}}`));
    write(parts.join(""), (text) => mixed.replaceChildren(
      ...text.split(/\{(\d+)\}/).map((part, index) => (index % 2 ? inside[part] : part))));
  }
}

// Everything in another language: pages that say more than is written in them listen to the event "language".
// It is kept while the tab is open, where the browser lets files keep anything.
function speak(chosen) {
  language = chosen;
  document.documentElement.lang = one("languages").querySelector(`[value=${chosen}]`).lang;
  document.title = data.titles[chosen];
  for (const [english, put] of written) put(say(english));
  for (const button of all("#languages button")) button.setAttribute("aria-pressed", button.value === chosen);
  document.dispatchEvent(new Event("language"));
}

function wireLanguages() {
  gather();
  const key = `language of ${location.pathname}`;
  let kept = null;
  try { kept = sessionStorage.getItem(key); } catch { /* storage is forbidden */ }
  speak(kept ?? data.language);
  on("languages", "click", ({ target: { value } }) => {
    if (!value) return;
    speak(value);
    try { sessionStorage.setItem(key, value); } catch { /* storage is forbidden */ }
  });
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

wireLanguages();
