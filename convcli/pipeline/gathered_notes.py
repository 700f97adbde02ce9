"""The notes of many inputs: what several of them have in common is said once, with how many they are."""

import re
from collections.abc import Iterable

__all__ = ["gathered"]

# Parts that may differ between notes of one kind: quoted names, and numbers outside of words and values.
_VARYING = r"(?<!\w)'[^']*'|(?<![\w.:=-])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?%?"


def gathered(notes: Iterable[tuple[str, str]], files: int) -> list[str]:
    """Return a line for each kind of note, equal but for what varies, in the order of the first ones.

    Each note comes with the input that has it; `files` counts all inputs.
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for given, note in notes:
        kinds.setdefault(re.sub(_VARYING, "#", note), []).append((given, note))
    return [_line(kind, files) for kind in kinds.values()]


def _line(kind: list[tuple[str, str]], files: int) -> str:
    """Return the note with spans in place of what varies, and the input that has it, or how many have."""
    first, note = kind[0]
    spans = map(_span, zip(*(re.findall(_VARYING, each) for _, each in kind), strict=True))
    note = re.sub(_VARYING, lambda _: next(spans), note)
    having = len({given for given, _ in kind})
    if having == 1:
        return f"{first}: {note}"
    such = f", such as {first}" if having < files else ""
    return f"{having} of {files} files{such}: {note}"


def _span(found: tuple[str, ...]) -> str:
    if len(set(found)) == 1:
        return found[0]
    if found[0].startswith("'"):
        return "'...'"
    low, *_, high = sorted(found, key=lambda number: float(number.rstrip("%").replace(",", "")))
    return f"{low} to {high}"
