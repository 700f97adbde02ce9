"""The notes of many inputs: what several of them have in common is said once, with how many they are."""

import re
from dataclasses import dataclass

__all__ = ["GatheredNotes"]

# What differs between notes of one kind: quoted names, and numbers that are no part of a word or a value.
_VARYING = re.compile(r"(?<!\w)'[^']*'|(?<![\w.:=-])\d+(?:,\d{3})*(?:\.\d+)?%?")


@dataclass
class _Kind:
    """The notes that are equal but for what varies; of that, the least and greatest are kept."""

    first: str  # the input that had the first of them
    note: str
    spans: list[tuple[str, str]]
    last: str = ""
    files: int = 0

    def add(self, given: str, found: list[str]) -> None:
        self.files += given != self.last  # an input may have several notes of a kind
        self.last = given
        self.spans = [
            (min(low, new, key=_order), max(high, new, key=_order))
            for (low, high), new in zip(self.spans, found, strict=True)
        ]

    def line(self, files: int) -> str:
        """Return the note with spans in place of what varies, and the input that has it, or how many have."""
        spans = iter(self.spans)
        note = _VARYING.sub(lambda _: _span(*next(spans)), self.note)
        if self.files == 1:
            return f"{self.first}: {note}"
        such = f", such as {self.first}" if self.files < files else ""
        return f"{self.files} of {files} files{such}: {note}"


class GatheredNotes:
    """Takes notes as inputs are done, and makes a line of each kind."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def add(self, given: str, note: str) -> None:
        """Take a note of the input `given`."""
        found = _VARYING.findall(note)
        kind = _Kind(given, note, [(one, one) for one in found])
        self._kinds.setdefault(_VARYING.sub("#", note), kind).add(given, found)

    def lines(self, files: int) -> list[str]:
        """Return a line for each kind, in the order of the first notes; `files` counts all inputs."""
        return [kind.line(files) for kind in self._kinds.values()]


def _order(found: str) -> tuple[float, str]:
    return (0.0 if found.startswith("'") else float(found.rstrip("%").replace(",", ""))), found


def _span(low: str, high: str) -> str:
    if low == high:
        return low
    return "'...'" if low.startswith("'") else f"{low} to {high}"
