"""The only place that writes to stdout and stderr.

stdout carries the product alone (picture bytes, paths, JSON); everything for people goes to stderr. Every
command loads this module, so it imports Rich, `json` and modules that need NumPy only where they are used.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import typer

from convcli.display.words import one_line, printable, shortened
from convcli.errors import ConvcliError, OutputError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from convcli.options.shared_options import PrintOptions
    from convcli.pipeline.batch import Batch

T = TypeVar("T")

# Characters of an error with its hint: what is beyond them, in the middle, is left out.
MOST_OF_AN_ERROR = 500


def complain(error: ConvcliError) -> None:
    """Write an error and its hint as one line on stderr."""
    hint = f"; hint: {error.hint}" if error.hint else ""
    say(shortened(one_line(f"error: {error.message}{hint}"), MOST_OF_AN_ERROR))


def say(text: str) -> None:
    """Write one line for people on stderr; what is not printable, or not in its encoding, is escaped."""
    line = one_line(text)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stderr.flush()


def path(name: str) -> None:
    """Write a file's name on stdout, byte for byte, as names need not be UTF-8; escaped on a terminal."""
    _write(os.fsencode(printable(name) if _stdout().isatty() else name) + b"\n")


def text(words: str) -> None:
    """Write text on stdout, through the pager where it is long."""
    from convcli.display.terminal.pager import paged

    if not paged(words):
        _stdout().write(words)


def product(data: bytes | memoryview) -> None:
    """Write the bytes of a file on stdout."""
    _write(data)


def json_line(value: dict[str, Any]) -> None:
    """Write one JSON object on a line of its own; numbers that are not finite become null."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    except ValueError:
        from convcli.pipeline.jsonable import plain

        text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False)
    _write(text.encode() + b"\n")


def draw(item: object, *, no_color: bool, stderr: bool = False) -> None:
    """Print what Rich draws, on stdout unless told otherwise."""
    _draw(console(no_color=no_color, stderr=stderr), item)


def _draw(screen: "Console", *items: object) -> None:
    from convcli.display.terminal import pager

    with _told():
        if screen.stderr or not pager.is_wanted():
            for item in items:
                screen.print(item, crop=False)
        elif not pager.paged(
            drawn := _rendered(screen, items), lambda: _without_colours(items, screen.width)
        ):
            screen.file.write(drawn)
        screen.file.flush()


def _without_colours(items: Iterable[object], width: int) -> str:
    from convcli.display.terminal.console import PlainConsole

    return _rendered(PlainConsole(color_system=None, width=width), items)


def _rendered(screen: "Console", items: Iterable[object]) -> str:
    with screen.capture() as kept:
        for item in items:
            screen.print(item, crop=False)
    return kept.get()


def unwritable(error: OSError) -> OutputError:
    """Return the error for output that the system does not take."""
    reason = (error.strerror or "it failed").lower()
    what = "output" if error.filename is None else repr(os.fsdecode(error.filename))
    return OutputError(f"{what} cannot be written: {reason}", hint="is there room on the disk?")


@contextmanager
def _told() -> Iterator[None]:
    """Make one error of what goes wrong in writing, but for a pipe whose reader has gone."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def finish() -> None:
    """Write what is still buffered; an error if stdout takes nothing, and all was in vain."""
    with _told():
        _stdout().flush()


def give_up_stdout() -> None:
    """Drop what stdout does not take: Python would try once more at exit, and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def deliver(batch: "Batch", printing: "PrintOptions", screen: "Console | None" = None) -> None:
    """Print what each input gave, as it is done; exit with status 1 where some input failed.

    `screen` prints products that are Rich renderables; by default a console on stdout.
    """
    if batch.to_stdout:
        if printing.json:
            raise UsageError("--json and the picture both want stdout", hint="write the picture to -o FILE")
        if _stdout().isatty():
            raise UsageError(
                "picture bytes are not written to a terminal",
                hint="name a file with -o, or pipe the output on",
            )
    failures = shown = 0
    for outcome in progress(batch.outcomes, total=batch.total, quiet=printing.quiet):
        if outcome.error is not None:
            failures += 1
            error = outcome.error
            if printing.json:
                json_line({"input": outcome.input, "error": error.message, "hint": error.hint})
            if batch.total == 1:
                raise error
            complain(error)
            continue
        if not printing.quiet:
            for note in (*outcome.details, *outcome.notes) if printing.verbose else outcome.notes:
                say(f"{outcome.input}: {note}")
        to_file = bool(outcome.outputs) or outcome.data is not None
        if outcome.summary is not None and not printing.json and not (to_file and printing.quiet):
            draw(outcome.summary, no_color=printing.no_color, stderr=to_file)
        if printing.json:
            json_line(dict(outcome.report))
        elif outcome.drawing is not None:
            screen = screen or console(no_color=printing.no_color)
            _draw(screen, *([""] if shown else []), outcome.drawing)
            shown += 1
        elif outcome.data is not None:
            product(outcome.data)
        else:
            for name in outcome.outputs:
                path(name)
    if failures:
        if not printing.quiet:
            say(f"{failures} of {batch.total or 'the'} inputs failed")
        raise typer.Exit(1)


def console(*, no_color: bool, stderr: bool = False, forced: bool = False) -> "Console":
    """Return a Rich console; Rich itself honours ``NO_COLOR``, ``FORCE_COLOR`` and terminals without colour.

    A `forced` one writes 24-bit colours and graphics wherever it writes to; `no_color` is stronger than the
    environment.
    """
    if not stderr:
        _stdout()  # Rich itself says nothing about one that is closed
    from convcli.display.terminal.console import PlainConsole

    return PlainConsole(
        no_color=True if no_color else None,
        stderr=stderr,
        force_terminal=True
        if forced
        else (sys.stderr if stderr else _stdout()).isatty()
        if no_color
        else None,
        color_system="truecolor" if forced else "auto",
    )


def progress(items: Iterable[T], *, total: int | None, quiet: bool) -> Iterator[T]:
    """Yield `items`, with a progress bar on stderr if that is a terminal and there is more than one."""
    with meter(total, "pictures", quiet=quiet or total == 1) as advance:
        for item in items:
            yield item
            advance()


@contextmanager
def meter(total: int | None, description: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Yield a function that moves a progress bar on by one step; no bar if stderr is no terminal.

    Without a `total`, the bar says only that work goes on.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(description, total=total)
        yield lambda: bar.advance(task)


def _write(data: bytes | memoryview) -> None:
    stdout = _stdout()
    with _told():
        stdout.flush()
        rest = memoryview(data)
        while rest:  # unbuffered (PYTHONUNBUFFERED), a pipe takes what it has room for
            rest = rest[stdout.buffer.write(rest) :]
        stdout.buffer.flush()


def _stdout() -> TextIO:
    if sys.stdout is None:
        raise OutputError("stdout is closed", hint="leave it open, or send it to a file")
    return sys.stdout
