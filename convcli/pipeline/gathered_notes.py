"""The notes of many inputs: what several of them have in common is said once, with how many they are."""

import re
from dataclasses import dataclass

__all__ = ["GatheredNotes"]

# Parts that may differ between notes of one kind: quoted names, and numbers outside of words and values.
_VARYING = r"(?<!\w)'[^']*'|(?<![\w.:=-])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?%?"


@dataclass
class _Kind:
    """Notes that are equal but for what varies: the first, and of each part that varies least and most."""

    first: str  # the input that has it
    note: str
    spans: list[tuple[str, str]]
    last: str = ""
    having: int = 0


class GatheredNotes:
    """Kinds of notes, equal but for what varies, each with the number of inputs that have it."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def add(self, given: str, note: str) -> None:
        """Add a note of an input; those of one input come one after the other."""
        parts = re.findall(_VARYING, note)
        new = _Kind(given, note, [(part, part) for part in parts])
        kind = self._kinds.setdefault(re.sub(_VARYING, "#", note), new)
        kind.spans = [_wider(*span, part) for span, part in zip(kind.spans, parts, strict=True)]
        kind.having += kind.having == 0 or kind.last != given
        kind.last = given

    def lines(self, files: int) -> list[str]:
        """Return a line for each kind, in the order of the first ones; `files` counts all inputs."""
        return [_line(kind, files) for kind in self._kinds.values()]


def _line(kind: _Kind, files: int) -> str:
    """Return the note with spans in place of what varies, and the input that has it, or how many have."""
    spans = iter(kind.spans)
    note = re.sub(_VARYING, lambda _: _shown(*next(spans)), kind.note)
    if kind.having == 1:
        return f"{kind.first}: {note}"
    such = f", such as {kind.first}" if kind.having < files else ""
    return f"{kind.having} of {files} files{such}: {note}"


def _wider(low: str, high: str, part: str) -> tuple[str, str]:
    if low.startswith("'") or part.startswith("'"):
        return low, high if part == low else part
    return min(low, part, key=_value), max(high, part, key=_value)


def _value(number: str) -> float:
    return float(number.rstrip("%").replace(",", ""))


def _shown(low: str, high: str) -> str:
    if low == high:
        return low
    return "'...'" if "'" in (low[0], high[0]) else f"{low} to {high}"
