"""Text in pictures: in Pillow's own font, and letters that it lacks in fonts of the system.

Pillow's font has the letters of English alone; names of files may have any. A font has a character if it
draws it unlike one that no font has.
"""

import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import chain, groupby, islice
from math import ceil
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from convcli.display.words import printable

__all__ = ["FAINT", "INK", "PAPER", "Ink", "font_notes", "text_width", "with_font_note", "write"]

Ink = tuple[int, int, int] | str
Run = tuple[str | None, str]

PAPER, INK, FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)

# Beginnings of the file names of fonts with many letters, without punctuation, in the order in which they are
# tried: alphabets, then Chinese, Japanese and Korean.
KNOWN = (
    *("dejavusans", "notosansregular", "segoeui", "arial", "helvetica", "liberationsans", "freesans"),
    *("notosanscjk", "sourcehansans", "pingfang", "hiraginosans", "msyh", "simhei", "wqy", "notosans"),
    *("applesdgothic", "malgun", "yugoth", "meiryo", "droidsansfallback", "simsun", "notoserifcjk"),
)

# Words in the names of fonts that are tried last.
STYLES = ("bold", "italic", "oblique", "light", "thin", "black", "condensed", "mono")

# Most fonts that are tried for a character: each takes about a millisecond.
MOST_FONTS = 400

# Size at which glyphs are compared, and a character that Unicode promises never to assign.
PROBE, NO_CHARACTER = 24, "\uffff"

# Font size and margin of the line about characters that are missing.
NOTE, NOTE_MARGIN = 12, 12


def text_width(text: str, size: int) -> float:
    """Return the width of a line in pixels."""
    return sum(float(_font(size, path).getlength(part)) for path, part in _runs(text))


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    ink: Ink = INK,
    anchor: str = "la",
) -> None:
    """Write one line with Pillow's anchors; characters not printable, or in no font, are escaped."""
    runs = _runs(text)
    if {path for path, _ in runs} == {None}:
        draw.text(at, "".join(part for _, part in runs), ink, _font(size), anchor)
        return
    ascent, descent = _font(size).getmetrics()
    x = at[0] - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * text_width(text, size)
    y = at[1] + {"s": 0.0, "m": (ascent - descent) / 2}.get(anchor[1], float(ascent))
    for path, part in runs:
        font = _font(size, path)
        # as pages in English have them: the suffix of a name stays at the right of Hebrew and Arabic
        direction = "ltr" if font.layout_engine == ImageFont.Layout.RAQM else None
        draw.text((x, y), part, ink, font, "ls", direction=direction)
        x += font.getlength(part)


def font_notes(*texts: str) -> list[str]:
    """Return a note about the characters of drawn texts that no font has, if there are any."""
    letters = dict.fromkeys("".join(map(_letters, texts)))
    lacking = [letter for letter in letters if not _is_mark(letter) and _font_of(letter) == ""]
    if not lacking:
        return []
    some = "".join(lacking[:12]) + ("..." if len(lacking) > 12 else "")
    return [f"no font of this system has {some}: pictures show codes such as {_escaped(lacking[0])} instead"]


def with_font_note(image: Image.Image, texts: Iterable[str]) -> Image.Image:
    """Return a drawing of `texts`, with a line below it where no font has some of their characters."""
    notes = font_notes(*texts)
    if not notes:
        return image
    width = max(image.width, ceil(text_width(notes[0], NOTE)) + 2 * NOTE_MARGIN)
    larger = Image.new("RGB", (width, image.height + NOTE + NOTE_MARGIN), PAPER)
    larger.paste(image, (0, 0))
    write(ImageDraw.Draw(larger), (NOTE_MARGIN, image.height), notes[0], NOTE, FAINT)
    return larger


@cache
def _font(size: int, path: str | None = None) -> Any:
    """Return a font, by default Pillow's own, which is the same everywhere."""
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


def _letters(text: str) -> str:
    """Return a text as it is drawn: printable, in composed letters (macOS decomposes names of files)."""
    return printable(text if text.isascii() else unicodedata.normalize("NFC", text))


def _is_mark(letter: str) -> bool:
    """Return whether a character changes the one before it, and so shares its font."""
    return unicodedata.category(letter).startswith("M")


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


@lru_cache(maxsize=512)
def _runs(text: str) -> tuple[Run, ...]:
    """Return the parts of a text, each with the path of its font, which is None for Pillow's own.

    A font that has the whole text is used alone.
    """
    letters = _letters(text)
    if letters.isascii():
        return ((None, letters),)
    fonts = {one: _font_of(one) for one in letters if not _is_mark(one)}
    for path in dict.fromkeys(filter(None, fonts.values())):
        if all(_has(path, one) for one in fonts):
            return ((path, letters),)
    used = list[str | None]()
    for one in letters:
        used.append(used[-1] if used and _is_mark(one) else fonts.get(one))
    written = [
        (path or None, _escaped(one) if path == "" else one) for path, one in zip(used, letters, strict=True)
    ]
    parts = groupby(written, key=lambda pair: pair[0])
    return tuple((path, "".join(one for _, one in part)) for path, part in parts)


@cache
def _font_of(letter: str) -> str | None:
    """Return the path of a font that has a character: None for Pillow's own, empty where there is none."""
    return next((path for path in chain([None], islice(_fonts(), MOST_FONTS)) if _has(path, letter)), "")


@cache
def _has(path: str | None, letter: str) -> bool:
    try:
        found, nothing = (_drawn(_font(PROBE, path), one) for one in (letter, NO_CHARACTER))
    except (OSError, ValueError):  # no font after all, or one of bitmaps in other sizes
        return False
    # fonts of colours alone draw nothing here
    return found != nothing and (letter == " " or any(found[1]))


def _drawn(font: Any, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@cache
def _fonts() -> tuple[str, ...]:
    """Return the paths of the system's fonts in the order in which they are tried."""

    def order(path: str) -> tuple[bool, int, str]:
        name = re.sub(r"[\W_]", "", os.path.basename(path).lower())
        rank = next((rank for rank, known in enumerate(KNOWN) if name.startswith(known)), len(KNOWN))
        return any(style in name for style in STYLES), rank, path

    places = (place for folder in _folders() for place in os.walk(folder))
    files = (os.path.join(here, name) for here, _, names in places for name in names)
    # LastResort of macOS has a sign of its script for any letter
    wanted = re.compile(r"(?i)(?!.*LastResort).*\.[to]t[fc]$")
    return tuple(sorted(filter(wanted.match, files), key=order))


def _folders() -> list[str]:
    """Return the folders of the system's fonts, those of the user first."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", home)
        return [f"{local}/Microsoft/Windows/Fonts", os.environ.get("WINDIR", "C:/Windows") + "/Fonts"]
    if sys.platform == "darwin":
        return [f"{home}/Library/Fonts", "/Library/Fonts", "/System/Library/Fonts"]
    # XDG Base Directory Specification, 0.8
    data = os.environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [f"{folder}/fonts" for folder in (data, *shared.split(":"))] + [f"{home}/.fonts"]
