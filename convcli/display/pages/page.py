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
    """Return the page made of ``NAME.html``, ``NAME.css`` and ``NAME.js``, with what all pages share.

    Parameters
    ----------
    package
        The package whose folder ``assets`` has the three files.
    name
        Of the three files.
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
    shared, own = files(__package__), files(package) / "assets"
    return Template(_text(shared, "base.html")).substitute(
        title=escape(title),
        style=_text(shared, "base.css") + _text(own, f"{name}.css"),
        body=_text(own, f"{name}.html"),
        data=_embedded(data),
        script=_text(shared, "base.js")
        + "".join(_text(own, f"{each}.js") for each in (*(f"{name}-{part}" for part in scripts), name)),
    )


def _text(folder: Traversable, name: str) -> str:
    return folder.joinpath(name).read_text(encoding="utf-8")


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that no word in it can end the script element with."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
