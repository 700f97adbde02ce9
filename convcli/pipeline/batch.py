"""Many inputs, one after the other: the failure of one becomes its outcome, and does not stop the others.

Globbing and the table of formats are imported where needed: ``filter`` of a named file starts without them.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EACCES
from types import MappingProxyType
from typing import NamedTuple

from convcli.arrayfiles.devices import read_all
from convcli.choices import STDIN, STDOUT
from convcli.errors import ConvcliError, GeometryError, ImageError, OutputError, UsageError
from convcli.options.specs import ReadSpec

__all__ = [
    "Batch",
    "Outcome",
    "Source",
    "check_inputs",
    "find_sources",
    "layout_hint",
    "read_stdin",
    "refuse_inputs",
    "run_each",
]


@dataclass(frozen=True)
class Source:
    """One input: its path (or ``-``), and its folder below the one that was named, for derived names."""

    path: str
    folder: str = ""
    error: ConvcliError | None = None  # why it could not even be looked for
    notes: list[str] = field(default_factory=list, compare=False)  # about the picture, once it is read

    @property
    def name(self) -> str:
        """What people call it."""
        return "stdin" if self.path == STDIN else self.path

    def is_at(self, path: str) -> bool:
        """Whether the file at `path` is this input, by another spelling or a link too."""
        try:
            written = os.stat(path)
            read = os.fstat(sys.stdin.fileno()) if self.path == STDIN else os.stat(self.file)
        except (OSError, ValueError, AttributeError):  # not there, or stdin is no file, or closed
            return False
        return stat.S_ISREG(read.st_mode) and os.path.samestat(read, written)

    @property
    def file(self) -> str:
        """The file that is read: ``two.npz`` for its array ``two.npz:a``."""
        end = self.path.lower().rfind(".npz:") + len(".npz")
        return self.path if end < len(".npz") or os.path.lexists(self.path) else self.path[:end]


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
    preview: object = None  # one that is drawn on stderr if anything else goes to stdout
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
            if source.error is not None:
                raise source.error
            with errstate(all="ignore"):  # what overflows is said by notes and errors, not by warnings
                done = work(source)
            yield done
        except ConvcliError as error:
            yield Outcome(input=source.path, error=_named(source, error))
        except OSError as error:  # what is worked on is gone, or its disk is
            reason = error.strerror or str(error)
            lost = ImageError(f"{source.name!r}: {reason}", hint="was it moved or deleted meanwhile?")
            yield Outcome(input=source.path, error=lost)


def _named(source: Source, error: ConvcliError) -> ConvcliError:
    """Return an error that names its input; where channels are wrong, an array may have them first."""
    if isinstance(error, GeometryError | OutputError) and "channel" in error.message:
        error.hint = layout_hint(source.notes, error.hint)
    if source.name in error.message or repr(source.name) in error.message:
        return error
    error.message = f"{source.name!r}: {error.message}"
    return error


def layout_hint(notes: Sequence[str], otherwise: str) -> str:
    """Return the note that an array looks like channels first, or the hint `otherwise`."""
    return next((note for note in notes if "--layout" in note), otherwise)


def find_sources(inputs: Sequence[str], *, recursive: bool) -> Iterator[Source]:
    """Yield each input; with `recursive`, the pictures in folders and those that patterns match, in order."""
    for given in inputs:
        if given == STDIN or not recursive:
            yield Source(given)
        elif os.path.isdir(given):
            yield from _walk(given)
        elif os.path.lexists(given) or not set(given) & set("*?["):
            yield Source(given) if _is_readable(given) else _unsuitable(given)
        else:
            yield from _matches(given)


def _matches(pattern: str) -> Iterator[Source]:
    found = {source.path: source for source in _expanded(pattern)} or {pattern: Source(pattern)}
    for path, source in sorted(found.items()):
        if source.error is None and os.path.isdir(path):
            yield from _walk(path)
        elif source.error is not None or _is_readable(path):
            yield source


def _expanded(pattern: str) -> Iterator[Source]:
    """Yield what a pattern matches, once or more, and the folders on its way that may not be read.

    Below ``**``, links to folders are not followed: they can lead in circles.
    """
    from glob import escape, glob, has_magic

    parts = pattern.replace(os.altsep or os.sep, os.sep).split(os.sep)
    if "**" in parts:
        at = parts.index("**")
        for top in _expanded(os.sep.join(parts[:at]) or (os.sep if at else os.curdir)):
            if top.error is not None or (at == len(parts) - 1 and os.path.isdir(top.path)):
                yield top
                continue
            failed: list[OSError] = []
            for here, below, _ in os.walk(top.path, onerror=failed.append):
                below[:] = [name for name in below if not name.startswith(".")]
                inside = "" if here == os.curdir else escape(here.removeprefix(os.curdir + os.sep))
                yield from _expanded(os.path.join(inside, *parts[at + 1 :]))
            yield from map(_unreadable, failed if os.path.isdir(top.path) else ())
        return
    yield from map(Source, glob(pattern))
    above = os.path.dirname(pattern)
    folders: list[str] = []
    while has_magic(above):  # `glob` passes over folders that may not be read
        folders += glob(above)
        above = os.path.dirname(above)
    for folder in [*folders, above]:
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            yield _unreadable(PermissionError(EACCES, os.strerror(EACCES), folder))


def _walk(folder: str) -> Iterator[Source]:
    from convcli.imaging.formats import is_picture

    failed: list[OSError] = []
    for here, below, names in os.walk(folder, onerror=failed.append):
        below.sort()
        for name in sorted(filter(is_picture, names)):
            path = os.path.join(here, name)
            if _is_readable(path):
                relative = os.path.relpath(here, folder)
                yield Source(path, "" if relative == os.curdir else relative)
    yield from map(_unreadable, failed)


def _is_readable(path: str) -> bool:
    """Whether a file in a folder is a regular one: pipes could wait for ever, and devices never end.

    A link to nothing is left to be read, which says what is wrong.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True


def _unsuitable(path: str) -> Source:
    """Return a pipe or device among the names that a shell has made of a pattern."""
    said = ImageError(f"{path!r} is a pipe or a device", hint="leave --recursive out to read it")
    return Source(path, error=said)


def _unreadable(error: OSError) -> Source:
    folder, reason = (
        os.path.normpath(os.fsdecode(error.filename or "?")),
        (error.strerror or "it failed").lower(),
    )
    said = ImageError(f"folder {folder!r} cannot be read: {reason}", hint="see its permissions")
    return Source(folder, error=said)


def read_stdin(max_pixels: int) -> bytes:
    """Return all of stdin, as far as pictures of so many pixels reach."""
    if sys.stdin is None:
        raise ImageError("stdin is closed", hint="pipe a picture in, or name a file")
    if sys.stdin.isatty():
        raise ImageError("stdin is a terminal", hint="pipe a picture in, or name a file")
    data = read_all(sys.stdin.buffer, "stdin", max_pixels)
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


def refuse_inputs(
    outputs: Iterable[str | None], inputs: Iterable[str], *, force: bool, page: str | None = None
) -> None:
    """Refuse outputs, paths or ``-``, that are files which the command reads, unless `force` is given.

    Names that are empty are refused too, and those of pictures and arrays for the one that is an HTML `page`.
    """
    for path in outputs:
        if path == "":
            raise UsageError("the name of an output is empty", hint="name a file, or - for stdout")
        for read in inputs if not force and path not in (None, STDOUT) else ():
            if path is not None and Source(read).is_at(path):
                what = "the input itself" if path == read else f"the input {Source(read).name!r}"
                raise OutputError(
                    f"{path!r} is {what}", hint="add --force to replace it, or choose another name"
                )
    if page is not None and os.path.splitext(page)[1].lower() not in ("", ".html", ".htm", ".xhtml"):
        raise UsageError(f"a page is not written to {page!r}", hint="name a .html file")
