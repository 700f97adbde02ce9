"""Any work over many inputs: one failure does not stop the others, and nothing is overwritten unnoticed."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from convcli.choices import STDIN
from convcli.errors import ConvcliError, ImageError, UsageError
from convcli.options.specs import ReadSpec

__all__ = ["Batch", "Outcome", "Source", "over", "read_stdin", "sources"]


class Source(NamedTuple):
    """One input: its path (or ``-``), and the folder below the one that was named, for derived names."""

    path: str
    folder: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return "stdin" if self.path == STDIN else self.path


class Outcome(NamedTuple):
    """What became of one input.

    Attributes
    ----------
    input
        Its path as given, or ``-``.
    outputs
        The files that were written.
    data
        What belongs on stdout, where that was asked for.
    notes, details
        Lines for people: always, and with ``--verbose``.
    report
        The JSON object.
    table
        What Rich prints for people on stderr, where it was asked for.
    shown
        What Rich prints on stdout: the product of commands that only tell.
    error
        Why there is no result.
    """

    input: str
    outputs: tuple[str, ...] = ()
    data: bytes | None = None
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    report: Mapping[str, object] = MappingProxyType({})
    table: object = None
    shown: object = None
    error: ConvcliError | None = None


class Batch(NamedTuple):
    """Outcomes as they are done, how many there will be (None: not known yet), and whether to stdout."""

    outcomes: Iterable[Outcome]
    total: int | None
    to_stdout: bool


def over(inputs: Sequence[str], reading: ReadSpec, work: Callable[[Source], Outcome]) -> Iterator[Outcome]:
    """Run `work` on each input, an error of one becoming its outcome."""
    for source in sources(inputs, recursive=reading.recursive):
        try:
            yield work(source)
        except ConvcliError as error:
            yield Outcome(input=source.path, error=_about(source, error))


def _about(source: Source, error: ConvcliError) -> ConvcliError:
    if source.name in error.message or repr(source.name) in error.message:
        return error
    error.message = f"{source.name!r}: {error.message}"
    return error


def sources(inputs: Sequence[str], *, recursive: bool) -> Iterator[Source]:
    """Yield each input; with `recursive`, the pictures in folders and those that patterns match, in order."""
    for given in inputs:
        if given == STDIN or not recursive:
            yield Source(given)
        elif os.path.isdir(given):
            yield from _walk(given)
        elif os.path.lexists(given) or not set(given) & set("*?["):
            yield Source(given)
        else:
            from glob import glob

            matches = sorted(glob(given, recursive=True))
            if not matches:
                yield Source(given)
            for match in matches:
                if os.path.isdir(match):
                    yield from _walk(match)
                else:
                    yield Source(match)


def _walk(folder: str) -> Iterator[Source]:
    from convcli.imaging.formats import is_picture

    for here, below, names in os.walk(folder):
        below.sort()
        for name in sorted(filter(is_picture, names)):
            relative = os.path.relpath(here, folder)
            yield Source(os.path.join(here, name), "" if relative == os.curdir else relative)


def read_stdin() -> bytes:
    """Return all of stdin.

    Raises
    ------
    ImageError
        stdin is a terminal, or empty.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise ImageError("stdin is a terminal", hint="pipe a picture in, or name a file")
    data = sys.stdin.buffer.read()
    if not data:
        raise ImageError("stdin is empty", hint="did the command before it fail?")
    return data


def check_inputs(inputs: Sequence[str], kernels: Sequence[str] = ()) -> None:
    """Refuse what can be known to be wrong before anything is read.

    Raises
    ------
    UsageError
        stdin is wanted more than once.
    """
    wanted = [*inputs, *kernels].count(STDIN)
    if wanted > 1:
        raise UsageError(
            f"stdin (-) is wanted {wanted} times", hint="it can be read once: name files instead"
        )
