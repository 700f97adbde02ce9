"""Heat pictures: what is drawn, in colour and without, never wider than the console."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from convcli.display.terminal.heat import Heat
from tests.display.terminal.helpers import BLUE, GREY, RED, console, lines

SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def text(heat: Heat, terminal: Console) -> list[str]:
    return ["".join(segment.text for segment in line) for line in lines(heat, terminal)]


def backgrounds(heat: Heat, terminal: Console) -> list[list[tuple[int, ...]]]:
    return [[tuple(s.style.bgcolor.triplet) for s in line] for line in lines(heat, terminal)]


def test_cells_are_coloured_around_zero():
    assert backgrounds(Heat(SOBEL), console())[1] == [BLUE, GREY, RED]
    assert text(Heat(SOBEL), console()) == ["      "] * 3
    half_blue, half_red = (tuple(np.rint(np.add(GREY, end) / 2).astype(int)) for end in (BLUE, RED))
    assert backgrounds(Heat(SOBEL), console())[0] == [half_blue, GREY, half_red]


def test_limit_sets_the_scale():
    assert backgrounds(Heat(SOBEL, limit=1), console())[0] == [BLUE, GREY, RED]
    assert backgrounds(Heat(SOBEL, limit=1), console())[1] == [BLUE, GREY, RED]


def test_numbers_stand_in_their_cells():
    heat = Heat(SOBEL / 3, numbers=True, digits=2)
    assert text(heat, console()) == [" -0.33     0  0.33", " -0.67     0  0.67", " -0.33     0  0.33"]
    assert backgrounds(heat, console())[1] == [BLUE, GREY, RED]
    ink = [tuple(s.style.color.triplet) for s in lines(heat, console())[1]]
    assert ink == [(255, 255, 255), (0, 0, 0), (255, 255, 255)]


def test_negative_zero_is_zero():
    assert text(Heat(np.array([[-0.0, -1e-9, 1]]), numbers=True), console()) == ["      0 -1e-09      1"]


def test_numbers_give_way_where_they_do_not_fit():
    assert text(Heat(SOBEL / 3, numbers=True, digits=2), console(width=17)) == ["      "] * 3


def test_large_matrices_are_half_blocks():
    wave = np.outer(np.sin(np.arange(64) / 5), np.ones(64))
    drawn = lines(Heat(wave), console())
    assert [len(line) for line in drawn] == [64] * 32
    assert {s.text for line in drawn for s in line} == {"▀"}
    full = np.abs(wave).max()
    for row, line in zip(range(0, 64, 2), drawn, strict=True):
        for value, shown in ((wave[row, 0], line[0].style.color), (wave[row + 1, 0], line[0].style.bgcolor)):
            end = np.array(BLUE if value < 0 else RED)
            assert shown.triplet == tuple(np.rint(GREY + abs(value) / full * (end - GREY)).astype(int))


def test_an_odd_last_row_has_nothing_below():
    last = lines(Heat(np.ones((33, 33))), console())[-1]
    assert {tuple(s.style.color.triplet) for s in last} == {RED}
    assert {s.style.bgcolor for s in last} == {None}


def test_what_does_not_fit_is_averaged():
    values = np.zeros((200, 200))
    values[:100] = np.arange(200) % 4  # each block of four columns has the mean 1.5
    drawn = lines(Heat(values, limit=1.5), console(width=50))
    assert [len(line) for line in drawn] == [50] * 25
    assert {tuple(s.style.color.triplet) for s in drawn[0]} == {RED}
    assert {tuple(s.style.color.triplet) for s in drawn[-1]} == {GREY}


def test_without_colour_signs_and_shades_say_the_same():
    assert text(Heat(SOBEL), console(colour=False)) == ["-=  +=", "-@  +@", "-=  +="]
    assert text(Heat(np.abs(SOBEL)), console(colour=False)) == ["==  ==", "@@  @@", "==  =="]
    assert all(s.style is None for line in lines(Heat(SOBEL), console(colour=False)) for s in line)


def test_no_color_is_obeyed():
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, _environ={"NO_COLOR": "1"})
    assert text(Heat(SOBEL), terminal) == ["-=  +=", "-@  +@", "-=  +="]


def test_shades_grow_with_the_magnitude():
    ramp = text(Heat(np.arange(-9.0, 10)[None]), console(colour=False))[0]
    assert ramp == "-@-#-%-*-o-=-;-:-.  +.+:+;+=+o+*+%+#+@"


def test_a_console_without_unicode_gets_cells():
    drawn = text(Heat(np.ones((64, 64))), console(encoding="ascii"))
    assert drawn == ["  " * 32] * 32


@pytest.mark.parametrize("colour", [True, False])
def test_missing_values_are_marked(colour):
    heat = Heat(np.array([[np.nan, np.inf, -np.inf, 2]]))
    if colour:
        assert backgrounds(heat, console()) == [[(90, 90, 90), RED, BLUE, RED]]
    else:
        assert text(heat, console(colour=False)) == ["??+@-@+@"]


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), -0.0)])
def test_zeros_are_grey(values):
    assert backgrounds(Heat(values), console()) == [[GREY, GREY]] * 2


ANY = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=70))


@settings(deadline=None)
@given(
    ANY, st.integers(1, 90), st.booleans(), st.booleans(), st.none() | st.integers(1, 90), st.integers(1, 40)
)
def test_never_wider_than_the_console(values, width, colour, numbers, max_width, max_height):
    heat = Heat(values, numbers=numbers, max_width=max_width, max_height=max_height)
    terminal = console(width=width, colour=colour)
    drawn = text(heat, terminal)
    widths = {cell_len(line) for line in drawn}
    assert len(widths) == 1
    assert 1 <= max(widths) <= min(width, max_width or width)
    assert 1 <= len(drawn) <= max_height
    measured = Measurement.get(terminal, terminal.options, heat)
    assert measured.maximum == max(widths)


def test_it_fits_into_a_table():
    table = Table.grid()
    table.add_row(Heat(np.ones((4, 4))), Heat(np.ones((100, 100))))
    drawn = text(table, console(width=40))
    assert max(map(cell_len, drawn)) <= 40


@pytest.mark.parametrize("values", [np.ones(3), np.ones((2, 0)), np.ones((1, 1, 1))])
def test_only_matrices_are_drawn(values):
    with pytest.raises(ValueError, match="not a matrix"):
        Heat(values)


@pytest.mark.parametrize("how", [{"max_height": 0}, {"max_width": 0}])
def test_room_is_at_least_one(how):
    with pytest.raises(ValueError, match="must be 1 or more"):
        Heat(np.eye(2), **how)
