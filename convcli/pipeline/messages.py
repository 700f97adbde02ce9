"""The only place that writes to stdout and stderr.

stdout carries the product alone (picture bytes, paths, JSON); everything for people goes to stderr. Every
command loads this module, so it imports Rich, `json` and modules that need NumPy only where they are used.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TextIO

import typer

from convcli.display.words import one_line, printable, shortened
from convcli.errors import ConvcliError, OutputError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from convcli.options.shared_options import PrintOptions
    from convcli.pipeline.bar import Bar
    from convcli.pipeline.batch import Batch, Outcome, Progress

# The progress bar that is on the screen.
_bar: "Bar | None" = None

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
    with _aside(stdout=False):
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def path(name: str) -> None:
    """Write a file's name on stdout, byte for byte, as names need not be UTF-8; escaped on a terminal."""
    _write(os.fsencode(printable(name) if _stdout().isatty() else name) + b"\n")


def text(words: str) -> None:
    """Write text on stdout."""
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
    with _told(), _aside(stdout=not screen.stderr):
        for item in items:
            screen.print(item, crop=False)
        screen.file.flush()


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


def deliver(batch: "Batch", printing: "PrintOptions", doing: str, screen: "Console | None" = None) -> None:
    """Print what each input gave, as it is done; exit with status 1 where some input failed.

    `doing` is the verb of the progress bar, such as "filtering". `screen` prints products that are Rich
    renderables; by default a console on stdout.
    """
    from convcli.pipeline.gathered_notes import GatheredNotes

    if batch.to_stdout:
        if printing.json:
            raise UsageError("--json and the picture both want stdout", hint="write the picture to -o FILE")
        if _stdout().isatty():
            raise UsageError(
                "picture bytes are not written to a terminal",
                hint="name a file with -o, or pipe the output on",
            )
    progress, notes, failures, shown = batch.progress, GatheredNotes(), 0, 0
    interrupted = None
    try:
        with _progress_bar(progress, doing, quiet=printing.quiet or progress.total == 1):
            for outcome in batch.outcomes():
                if outcome.error is not None:
                    failures += 1
                    _say_failure(outcome.input, outcome.error, json=printing.json, alone=progress.total == 1)
                    continue
                at_once = printing.verbose or progress.total == 1
                for note in (*outcome.details, *outcome.notes) if printing.verbose else outcome.notes:
                    if at_once and not printing.quiet:
                        say(f"{outcome.input}: {note}")
                    elif not at_once:
                        notes.add(outcome.input, note)
                if outcome.drawing is None or printing.json:
                    _print_product(outcome, printing)
                    continue
                screen = screen or console(no_color=printing.no_color)
                _draw(screen, *([""] if shown else []), outcome.drawing)
                shown += 1
    except KeyboardInterrupt as error:
        interrupted = error
    for line in notes.lines(progress.done) if not printing.quiet else ():
        say(line)
    counts = [f"{progress.done - failures} done"]
    if failures:
        counts.append(f"{failures} failed")
    if interrupted is not None:
        if progress.total is not None:
            counts.append(f"{progress.total - progress.done} left")
        alone = progress.total == 1 or printing.quiet
        raise KeyboardInterrupt("" if alone else f"interrupted: {', '.join(counts)}") from interrupted
    if failures:
        if not printing.quiet:
            say(", ".join(counts))
        raise typer.Exit(1)


def _say_failure(given: str, error: ConvcliError, *, json: bool, alone: bool) -> None:
    """Say the error of one input, or raise that of the only one."""
    if json:
        json_line({"input": given, "error": error.message, "hint": error.hint})
    if alone:
        raise error
    complain(error)


def _print_product(outcome: "Outcome", printing: "PrintOptions") -> None:
    """Print the report, the bytes or the paths that an input gave, and its summary before them."""
    to_file = bool(outcome.outputs) or outcome.data is not None
    if outcome.summary is not None and not printing.json and not (to_file and printing.quiet):
        draw(outcome.summary, no_color=printing.no_color, stderr=to_file)
    if printing.json:
        json_line(dict(outcome.report))
    elif outcome.data is not None:
        product(outcome.data)
    else:
        for name in outcome.outputs:
            path(name)


def console(*, no_color: bool, stderr: bool = False, forced: bool = False) -> "Console":
    """Return a Rich console; Rich itself honours ``NO_COLOR`` and terminals without colour.

    A `forced` one writes 24-bit colours and graphics wherever it writes to.
    """
    if not stderr:
        _stdout()  # Rich itself says nothing about one that is closed
    from convcli.display.terminal.console import PlainConsole

    return PlainConsole(
        no_color=True if no_color else None,
        stderr=stderr,
        force_terminal=True if forced else None,
        color_system="truecolor" if forced else "auto",
    )


@contextmanager
def meter(total: int | None, doing: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Yield a function that moves a progress bar on by one step; no bar if stderr is no terminal.

    Without a `total`, the bar says only that work goes on.
    """
    from convcli.pipeline.batch import Progress

    progress = Progress(total)

    def advance() -> None:
        progress.done += 1

    with _progress_bar(progress, doing, quiet=quiet):
        yield advance


@contextmanager
def _progress_bar(progress: "Progress", doing: str, *, quiet: bool) -> Iterator[None]:
    """Show a progress bar, unless `quiet`, or stderr is no terminal where lines can be drawn anew."""
    global _bar
    if quiet or not sys.stderr.isatty():
        yield
        return
    screen = console(no_color=False, stderr=True)
    if screen.is_dumb_terminal or screen.legacy_windows:
        yield
        return
    from convcli.pipeline.bar import Bar

    with Bar(doing, progress, screen) as _bar:
        try:
            yield
        finally:
            _bar = None


def _aside(*, stdout: bool) -> AbstractContextManager[None]:
    """Return the context in which to write on stdout or stderr: without the bar, if there is one."""
    return nullcontext() if _bar is None else _bar.aside(stdout=stdout)


def _write(data: bytes | memoryview) -> None:
    stdout = _stdout()
    with _told(), _aside(stdout=True):
        stdout.flush()
        rest = memoryview(data)
        while rest:  # unbuffered (PYTHONUNBUFFERED), a pipe takes what it has room for
            rest = rest[stdout.buffer.write(rest) :]
        stdout.buffer.flush()


def _stdout() -> TextIO:
    if sys.stdout is None:
        raise OutputError("stdout is closed", hint="leave it open, or send it to a file")
    return sys.stdout
