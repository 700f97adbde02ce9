"""One HTML file of a body, styles, scripts and data, all from this folder but the data."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

__all__ = ["data_uri", "page"]


def page(name: str, title: str, data: Mapping[str, Any], *, scripts: Sequence[str] = ()) -> str:
    """Return the page made of ``NAME.html``, ``NAME.css`` and ``NAME.js``, with what all pages share.

    Parameters
    ----------
    name
        Of the three files, beside this one.
    title
        Plain text, for the window.
    data
        What the script finds as ``data``; JSON.
    scripts
        Parts of a long script that come before ``NAME.js``: ``PART`` stands for ``NAME-PART.js``.

    Returns
    -------
    str
        A whole document. Its policy forbids every request: pictures come as ``data:`` addresses.
    """
    return Template(_part("base.html")).substitute(
        title=escape(title),
        style=_part("base.css") + _part(f"{name}.css"),
        body=_part(f"{name}.html"),
        data=_embedded(data),
        script="".join(
            _part(f"{each}.js") for each in ("base", *(f"{name}-{part}" for part in scripts), name)
        ),
    )


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Return bytes as an address that needs no request."""
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that no word in it can end the script element with."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
