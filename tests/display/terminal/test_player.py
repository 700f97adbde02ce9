"""Frames in the terminal: their order and times, and the keys; the clock is the test's own."""

import io
from collections.abc import Iterable

import pytest
from rich.console import Console
from rich.text import Text

from convcli.display.terminal.player import play


def played(keys: Iterable[str], times: tuple[float, ...] = (500, 20)) -> tuple[list[str], list[float | None]]:
    """Play frames called 0, 1 ... to someone who types `keys`, one for each wait; tell what was shown."""
    typed, waits, shown = iter(keys), list[float | None](), list[str]()

    class Frame(Text):
        def __rich_console__(self, console, options):
            shown.append(self.plain)
            return super().__rich_console__(console, options)

    def wait(length: float | None) -> str:
        waits.append(length)
        return next(typed)

    console = Console(file=io.StringIO(), force_terminal=True, width=20, height=3, _environ={})
    play(console, [(Frame(str(index)), length) for index, length in enumerate(times)], wait)
    assert not console.is_alt_screen
    return shown, waits


def test_frames_are_repeated_until_q_at_most_ten_a_second() -> None:
    assert played(["", "", "", "q"]) == (["0", "1", "0", "1"], [0.5, 0.1, 0.5, 0.1])


@pytest.mark.parametrize("key", ["q", "Q", "\x04", "\x1b", "qq"])
def test_q_control_d_and_escape_stop(key: str) -> None:
    assert played([key]) == (["0"], [0.5])


def test_other_keys_go_on() -> None:
    assert played(["x", "\x1b[A", "q"])[0] == ["0", "1", "0"]


def test_space_pauses_until_another_key() -> None:
    assert played([" ", " ", "q"]) == (["0", "1"], [0.5, None, 0.1])


def test_q_stops_while_it_pauses() -> None:
    assert played([" ", "q"]) == (["0"], [0.5, None])


def test_an_interrupt_leaves_the_terminal_as_it_was() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=20, height=3, _environ={})

    def interrupted(_: float | None) -> str:
        assert console.is_alt_screen
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(console, [(Text("0"), 1000.0)], interrupted)
    assert not console.is_alt_screen
