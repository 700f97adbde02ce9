"""One HTML file of a body, styles, scripts and data: what all pages share is in this folder."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Any

__all__ = ["page"]


def page(package: str, name: str, title: str, data: Mapping[str, Any], *, scripts: Sequence[str] = ()) -> str:
    """Return a whole document made of ``NAME.html``, ``NAME.css``, ``NAME.js``, and what all pages share.

    The files are in the folder ``assets`` of `package`; the script finds the JSON `data` as ``data``. Each
    PART in `scripts` is ``NAME-PART.js``, which comes before ``NAME.js``. The document's policy forbids every
    request: pictures come as ``data:`` addresses.
    """
    shared, own = files(__package__), files(package) / "assets"
    return Template(_text(shared, "base.html")).substitute(
        title=escape(title),
        style=_text(shared, "base.css") + _text(own, f"{name}.css"),
        body=_text(own, f"{name}.html"),
        data=_embedded(data),
        script=_text(shared, "base.js")
        + "".join(_text(own, f"{name}{part}.js") for part in (*(f"-{part}" for part in scripts), "")),
    )


def _text(folder: Traversable, name: str) -> str:
    return folder.joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that no word in it can end the script element with."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
