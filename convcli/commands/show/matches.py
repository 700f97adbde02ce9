"""The windows of a picture that match a feature, or its opposite, best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from convcli.engine.analysis.peaks import Peak, peaks
from convcli.engine.window import Window

__all__ = ["MOST", "Match", "lines", "matches"]

# Scores from here on are matches. All are listed up to a screen of them, and a few of the best in any case.
MATCH, SCREEN, FEW = 0.7, 24, 5

# Most matches that are looked for: kernels of two weights match every second window.
MOST = 10_000


@dataclass(frozen=True)
class Match:
    """A window that matches: its place in the map, its score, its rows and columns in the picture."""

    at: tuple[int, int]
    score: float
    rows: tuple[int, int]
    columns: tuple[int, int]

    def __str__(self) -> str:
        window = f"{self.rows[0]}:{self.rows[1]},{self.columns[0]}:{self.columns[1]}"
        return f"{self.score:7.4f} at {self.at[0]},{self.at[1]}: {window}"


def matches(scores: NDArray[Any], first: tuple[int, int], window: Window, sign: int) -> list[Match]:
    """Return the best matches, or for a `sign` of -1 opposites, in a part of a map that begins at `first`.

    No two of their windows share more than half of their rows and of their columns.
    """
    spans, strides = window.span, window.stride
    apart = (spans[0] / 2 / strides[0], spans[1] / 2 / strides[1])

    def match(peak: Peak) -> Match:
        at = (peak.at[0] + first[0], peak.at[1] + first[1])
        starts = [n * step - side[0] for n, step, side in zip(at, strides, window.padding, strict=True)]
        rows, columns = ((start, start + span) for start, span in zip(starts, spans, strict=True))
        return Match(at, sign * peak.value, rows, columns)

    found = peaks(sign * scores, apart, MOST, MATCH)
    return [match(peak) for peak in (found if len(found) >= FEW else peaks(sign * scores, apart, FEW))]


def lines(what: str, found: Sequence[Match], most: int) -> Iterator[str]:
    """Yield matches, or opposites as `what` says, below a heading that counts them; of very many, `most`."""
    if not found:
        yield f"best {what}: none"
        return
    count = sum(abs(match.score) >= MATCH for match in found)
    limit = f"{MATCH} or more" if found[0].score > 0 else f"-{MATCH} or less"
    many = f"{count or 'none'} of {limit}"
    shown = found[: most if count > SCREEN else max(most, count)]
    left_out = ", and the next best" if 0 < count < len(shown) else ""
    left_out = f", {len(shown)} shown; --json lists them all" if count > len(shown) else left_out
    yield f"best {what}, at row,column: window ({many}{left_out})"
    yield from (f"  {match}" for match in shown)
