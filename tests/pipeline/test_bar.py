"""The bar's line: what it says, and that it fits any terminal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from convcli.pipeline.bar import line_of
from convcli.pipeline.batch import Progress


def written(line: tuple[str, int, str]) -> str:
    before, bar, after = line
    return f"{before}{'-' * bar}{after}"


CASES: dict[int, str] = {
    79: f"filtering {'-' * 24} 40/100 1:30 left photo040.png",
    45: f"filtering {'-' * 5} 40/100 1:30 left photo040.png",
    40: "filtering 40/100 1:30 left photo040.png",
    30: "filtering 40/100 1:30 left",
    19: "40/100 1:30 left",
    10: "40/100",
}


@pytest.mark.parametrize("width", CASES)
def test_what_fits_in_which_order(width: int) -> None:
    """40 of 100 in 60 seconds: 60 are left, for 90 seconds."""
    line = written(line_of("filtering", Progress(100, 40), 60, "photo040.png", width))
    assert len(line) <= width
    assert line == CASES[width]


def test_without_a_total() -> None:
    assert written(line_of("pooling", Progress(None, 7), 60, "a.png", 40)).endswith(" 7 a.png")


@pytest.mark.parametrize(
    ("done", "said"), [(1, "5 h 30 min left"), (10, "30:00 left"), (11, "27:00 left"), (120, "120/120")]
)
def test_the_time_left(done: int, said: str) -> None:
    """At `done` of 120: 166.39 s, 163.64 s and 148.62 s for each, by hand."""
    seconds = {1: 19800 / 119, 10: 1800 / 110 * 10, 11: 1620 / 109 * 11, 120: 9}[done]
    assert written(line_of("pooling", Progress(120, done), seconds, "", 79)).endswith(said)


def test_what_is_skipped_tells_nothing_of_the_time_left() -> None:
    """One in 8 seconds makes 80 for the 10 that are left."""
    said = [written(line_of("pooling", Progress(120, done, "", 109), 8, "", 79)) for done in (109, 110)]
    assert said[0].endswith("- 109/120")
    assert said[1].endswith(" 110/120 1:20 left")


names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")), max_size=60)


@given(st.integers(20, 100), st.none() | st.integers(2, 10**6), st.integers(0, 10**6), names)
def test_any_line_fits(columns: int, total: Any, done: int, name: str) -> None:
    progress = Progress(total, min(done, total or done))
    line = line_of("transforming", progress, 100, name, columns - 1)
    assert cell_len(written(line)) <= columns - 1
