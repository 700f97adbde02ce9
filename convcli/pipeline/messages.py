"""The only place that writes to stdout and stderr.

stdout carries the product alone (picture bytes, paths, JSON); everything for people goes to stderr. Every
command loads this module, so it imports Rich, `json` and modules that need NumPy only where they are used.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TextIO

from convcli.display.words import one_line, printable, shortened
from convcli.errors import ConvcliError, OutputError
from convcli.stores.files import public

if TYPE_CHECKING:
    from rich.console import Console

    from convcli.choices import Language
    from convcli.display.language import Say
    from convcli.pipeline.bar import Bar
    from convcli.pipeline.batch import Progress

# The progress bar that is on the screen.
_bar: "Bar | None" = None

# Characters of an error with its hint: what is beyond them, in the middle, is left out.
MOST_OF_AN_ERROR = 500


def complain(error: ConvcliError) -> None:
    """Write an error and its hint as one line on stderr."""
    hint = f"; hint: {error.hint}" if error.hint else ""
    say(shortened(one_line(public(f"error: {error.message}{hint}")), MOST_OF_AN_ERROR))


def say(text: str) -> None:
    """Write one line for people on stderr; what is not printable, or not in its encoding, is escaped."""
    line = one_line(public(text))
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    with _aside(stdout=False):
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stderr.flush()


def speaker(package: str, given: "Language | None", *, quiet: bool = False) -> "Say":
    """Return what says the sentences of the folder `package` on stdout, in the language that the user reads.

    A note, unless `quiet`, where Chinese was asked for, and stdout has no letters for it.
    """
    from convcli.display import language

    if given == "zh" and not quiet and not language.writable(package):
        encoding = stdout().encoding
        say(f"--lang {given}: stdout is {encoding}, which has no letters for it; what follows is English")
    return language.speaker(package, language.language(given, os.environ))


def path(name: str) -> None:
    """Write a file's name on stdout, byte for byte, as names need not be UTF-8; escaped on a terminal.

    What logs in to the server of a URL is left out, here and elsewhere.
    """
    name = public(name)
    _write(os.fsencode(printable(name) if stdout().isatty() else name) + b"\n")


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
    _write(public(text).encode() + b"\n")


def draw(item: object, *, no_color: bool, stderr: bool = False) -> None:
    """Print what Rich draws, on stdout unless told otherwise."""
    draw_on(console(no_color=no_color, stderr=stderr), item)


def draw_on(screen: "Console", *items: object) -> None:
    """Print what Rich draws on a console, through the pager where it is long."""
    from convcli.display.terminal import pager

    with _told(), _aside(stdout=not screen.stderr):
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
        stdout().flush()


def give_up_stdout() -> None:
    """Drop what stdout does not take: Python would try once more at exit, and complain."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console(*, no_color: bool, stderr: bool = False, forced: bool = False) -> "Console":
    """Return a Rich console; Rich itself honours ``NO_COLOR``, ``FORCE_COLOR`` and terminals without colour.

    A `forced` one writes 24-bit colours and graphics wherever it writes to; `no_color` is stronger than the
    environment.
    """
    stream = sys.stderr if stderr else stdout()  # Rich itself says nothing about one that is closed
    from convcli.display.terminal.console import PlainConsole

    return PlainConsole(
        no_color=True if no_color else None,
        stderr=stderr,
        force_terminal=forced or (stream.isatty() if no_color else None),
        color_system="truecolor" if forced else "auto",
    )


@contextmanager
def progress_bar(progress: "Progress", doing: str, *, quiet: bool, no_color: bool) -> Iterator[None]:
    """Show a progress bar, unless `quiet`, or stderr is no terminal where lines can be drawn anew."""
    global _bar
    if quiet or not sys.stderr.isatty():
        yield
        return
    screen = console(no_color=no_color, stderr=True)
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
    out = stdout()
    with _told(), _aside(stdout=True):
        out.flush()
        rest = memoryview(data)
        while rest:  # unbuffered (PYTHONUNBUFFERED), a pipe takes what it has room for
            rest = rest[out.buffer.write(rest) :]
        out.buffer.flush()


def stdout() -> TextIO:
    """Return stdout; an error if it is closed."""
    if sys.stdout is None:
        raise OutputError("stdout is closed", hint="leave it open, or send it to a file")
    return sys.stdout
