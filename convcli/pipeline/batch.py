"""Many inputs, one after the other: the failure of one becomes its outcome, and does not stop the others.

Globbing and the table of formats are imported where needed: ``filter`` of a named file starts without them.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from convcli.choices import STDIN
from convcli.errors import ConvcliError, ImageError, UsageError
from convcli.options.specs import ReadSpec

__all__ = ["Batch", "Outcome", "Source", "check_inputs", "find_sources", "read_stdin", "run_each"]


class Source(NamedTuple):
    """One input: its path (or ``-``), and its folder below the one that was named, for derived names."""

    path: str
    folder: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return "stdin" if self.path == STDIN else self.path

    def is_at(self, path: str) -> bool:
        """Whether the file at `path` is this input, by another spelling or a link too."""
        return self.path != STDIN and os.path.exists(path) and os.path.samefile(self.path, path)


class Outcome(NamedTuple):
    """The result of one input, or its error."""

    input: str  # its path as given, or "-"
    outputs: tuple[str, ...] = ()  # paths of the files that were written
    data: bytes | None = None  # a file's content for stdout
    notes: tuple[str, ...] = ()  # lines for stderr
    details: tuple[str, ...] = ()  # lines for stderr with --verbose
    report: Mapping[str, object] = MappingProxyType({})  # the JSON object
    summary: object = None  # a Rich renderable; drawn on stderr if a file is written too
    drawing: object = None  # a Rich renderable that is the output itself, as of show
    error: ConvcliError | None = None

    @property
    def output(self) -> object:
        """The outputs as reports have them: a single path, or a list of several or none."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)


class Batch(NamedTuple):
    """Outcomes as they are done, their number (None: not known yet), and whether files go to stdout."""

    outcomes: Iterable[Outcome]
    total: int | None
    to_stdout: bool


def run_each(
    inputs: Sequence[str], reading: ReadSpec, work: Callable[[Source], Outcome]
) -> Iterator[Outcome]:
    """Yield the outcome of `work` on each input; an error becomes the outcome of its input."""
    from numpy import errstate  # here for start-up; every command has loaded NumPy by now

    for source in find_sources(inputs, recursive=reading.recursive):
        try:
            with errstate(all="ignore"):  # what overflows is said by notes and errors, not by warnings
                done = work(source)
            yield done
        except ConvcliError as error:
            yield Outcome(input=source.path, error=_named(source, error))


def _named(source: Source, error: ConvcliError) -> ConvcliError:
    if source.name in error.message or repr(source.name) in error.message:
        return error
    error.message = f"{source.name!r}: {error.message}"
    return error


def find_sources(inputs: Sequence[str], *, recursive: bool) -> Iterator[Source]:
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

            for match in sorted(glob(given, recursive=True)) or [given]:
                yield from _walk(match) if os.path.isdir(match) else [Source(match)]


def _walk(folder: str) -> Iterator[Source]:
    from convcli.imaging.formats import is_picture

    for here, below, names in os.walk(folder):
        below.sort()
        for name in sorted(filter(is_picture, names)):
            relative = os.path.relpath(here, folder)
            yield Source(os.path.join(here, name), "" if relative == os.curdir else relative)


def read_stdin() -> bytes:
    """Return all of stdin."""
    if sys.stdin is None or sys.stdin.isatty():
        raise ImageError("stdin is a terminal", hint="pipe a picture in, or name a file")
    data = sys.stdin.buffer.read()
    if not data:
        raise ImageError("stdin is empty", hint="did the command before it fail?")
    return data


def check_inputs(inputs: Sequence[str], kernels: Sequence[str] = ()) -> None:
    """Refuse inputs and kernels that need stdin more than once."""
    wanted = [*inputs, *kernels].count(STDIN)
    if wanted > 1:
        raise UsageError(
            f"stdin (-) is wanted {wanted} times", hint="it can be read once: name files instead"
        )
