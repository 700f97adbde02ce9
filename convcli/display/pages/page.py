"""One HTML file of a body, styles, scripts and data: what all pages share is in this folder."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

from convcli.choices import Language
from convcli.display.language import Say, both, chinese
from convcli.display.words import printable

__all__ = ["page"]

# Tags of languages in HTML (BCP 47), those of the switch in base.html.
TAGS = {Language.EN: "en", Language.ZH: "zh-Hans"}


def page(
    package: str,
    name: str,
    title: Callable[[Say], str],
    data: Mapping[str, Any],
    *,
    scripts: Sequence[str] = (),
    language: Language = Language.EN,
) -> str:
    """Return a whole document made of ``NAME.html``, ``NAME.css``, ``NAME.js``, and what all pages share.

    The files are in the folder ``assets`` of `package`; the script finds the JSON `data` as ``data``. Each
    of `scripts` is another, without its ``.js``, that comes before ``NAME.js``. The document's policy forbids
    everything but this style and this script, known by their hashes, and pictures in ``data:`` addresses.

    Pages are in English and Chinese, and begin with `language`. What the HTML says is looked up in
    ``messages.toml`` of `package` by its English, with one space for each run of them, and what scripts say
    with ``say("rows {count}", {count: 3})`` as well. A sentence with elements inside is marked ``data-say``:
    they are ``{0}``, ``{1}`` ... in it. Scripts that write texts listen to the document's event ``language``
    and write them again.
    """
    shared, own = files(__package__), files(package) / "assets"
    style = _text(shared, "base.css") + _text(own, f"{name}.css")
    script = _text(shared, "base.js") + "".join(_text(own, f"{part}.js") for part in (*scripts, name))
    titles = both(package, lambda say: printable(title(say)))
    told = {**data, "titles": titles, "language": language.value, "messages": chinese(package)}
    return Template(_text(shared, "base.html")).substitute(
        lang=TAGS[language],
        style_hash=_hash(style),
        script_hash=_hash(script),
        title=escape(titles[language.value]),
        style=style,
        body=_text(own, f"{name}.html"),
        data=_embedded(told),
        script=script,
    )


def _hash(text: str) -> str:
    """Return what a policy calls an inline element by (W3C, Content Security Policy Level 3, 2.3.1)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _text(folder: Traversable, name: str) -> str:
    return folder.joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that no word in it can end the script element with."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
