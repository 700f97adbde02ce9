"""Pages in Chinese: which of their texts are still English."""

import re
from collections.abc import Iterable
from typing import Any

from convcli.choices import Combine, FitMethod, PadMode, PoolMode
from convcli.kernels import library

# Names that are written alike in every language: those that people type, of keys, measures and formats.
NAMES = {
    *(str(name) for kind in (Combine, FitMethod, PadMode, PoolMode) for name in kind),
    *library.names(),
    *[
        "png",
        "gif",
        "webp",
        "apng",
        "npy",
        "csv",
        "json",
        "toml",
        "psnr",
        "ssim",
        "relu",
        "sigmoid",
        "tanh",
        "softmax",
    ],
    *["relu", "sigmoid", "tanh", "softmax"],
    *["shift", "ctrl", "home", "end", "enter", "esc", "space", "same", "full"],
}

# Every text of the page, seen or not, with attributes that are read aloud or shown. Elements with
# translate="no" hold names.
TEXTS = """() => {
    const apart = "script, style, #languages, kbd, code, [translate=no], [translate=no] *";
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (!node.parentNode.closest(apart)) found.push(node.data);
    }
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        for (const one of document.querySelectorAll(`[${name}]`)) {
            if (!one.closest(apart) || name !== "title") found.push(one.getAttribute(name));
        }
    }
    return found;
}"""


def switch(page: Any, language: str) -> None:
    """Choose a language by the control at the top of an open page."""
    page.click(f"#languages button[value={language}]")


def english_left(page: Any, *allowed: str) -> list[str]:
    """Switch an open page to Chinese and return its texts with an English word of three letters or more.

    `allowed` are names that this page has beside `NAMES`: each, and each of its words, may be there.
    """
    switch(page, "zh")
    return english_in(page.evaluate(TEXTS), *allowed)


def english_in(texts: Iterable[str], *allowed: str) -> list[str]:
    """Return the texts with an English word of three letters or more, other than names."""
    names = NAMES | {word for name in allowed for word in (name.lower(), *_words(name))}
    collapsed = dict.fromkeys(" ".join(text.split()) for text in texts)
    return [text for text in collapsed if any(word not in names for word in _words(text))]


def _words(text: str) -> list[str]:
    """Return the words of three letters or more, in lower case; hyphens, digits and dots belong to a name."""
    words = re.findall(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*", text.lower())
    return [word for word in words if len(re.sub("[^a-z]", "", word)) >= 3]
