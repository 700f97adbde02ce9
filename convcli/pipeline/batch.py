"""Many inputs, one after the other: the failure of one becomes its outcome, and does not stop the others."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from convcli.arrayfiles.devices import read_all
from convcli.choices import STDIN, STDOUT
from convcli.errors import ConvcliError, GeometryError, ImageError, OutputError, UsageError
from convcli.options.batch_options import BatchSpec
from convcli.options.specs import ReadSpec
from convcli.pipeline.sources import Source, find_sources, is_pattern

__all__ = [
    "Batch",
    "Outcome",
    "Progress",
    "Source",
    "attempt",
    "check_inputs",
    "count_inputs",
    "layout_hint",
    "read_stdin",
    "refuse_inputs",
]


class Outcome(NamedTuple):
    """The result of one input, or its error."""

    input: str  # its path as given, or "-"
    outputs: tuple[str, ...] = ()  # paths of the files that were written
    sheet: str | None = None  # path of the file with the sheet
    data: bytes | None = None  # a file's content for stdout
    notes: tuple[str, ...] = ()  # lines for stderr
    details: tuple[str, ...] = ()  # lines for stderr with --verbose
    report: Mapping[str, object] = {}  # the JSON object
    summary: object = None  # a Rich renderable; drawn on stderr if a file is written too
    drawing: object = None  # a Rich renderable that is the output itself, as of show
    preview: object = None  # one that is drawn on stderr if anything else goes to stdout
    error: ConvcliError | None = None

    @property
    def output(self) -> object:
        """The outputs as reports have them: a single path, or a list of several or none."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)


@dataclass
class Progress:
    """How far work is: its steps in all (None: not known), how many are done, and what is worked on."""

    total: int | None
    done: int = 0
    current: str = ""


@dataclass
class Batch:
    """The inputs of a command, and the work on each of them.

    Attributes
    ----------
    inputs, reading
        As given; patterns, and with ``reading.recursive`` folders, stand for the files in them.
    work
        Makes the outcome of one input; the error that it raises becomes the outcome. Where a batch may be
        spread over processes, it can be sent to them.
    to_stdout
        Whether files go to stdout.
    last
        Makes the outcome that is about all inputs, if there is one, when they are done.
    spreading
        How inputs are spread over workers, skipped or only listed.
    progress
        Its total is known before the first outcome.
    """

    inputs: Sequence[str]
    reading: ReadSpec
    work: Callable[[Source], Outcome]
    to_stdout: bool = False
    last: Callable[[], Outcome | None] = lambda: None
    spreading: BatchSpec = field(default_factory=BatchSpec)
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Progress(count_inputs(self.inputs, self.reading))

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of each input, in order."""
        # All are found before any result is written: results are no inputs.
        sources = list(find_sources(self.inputs, recursive=self.reading.recursive))
        self.progress.total = len(sources)
        for source in sources:
            self.progress.current = source.name
            done = attempt(self.work, source)
            self.progress.done += 1
            yield done


def attempt(work: Callable[[Source], Outcome], source: Source) -> Outcome:
    """Return the outcome of one input; the error that its `work` raises is the outcome."""
    from numpy import errstate  # here for start-up; every command has loaded NumPy by now

    try:
        if source.error is not None:
            raise source.error
        with errstate(all="ignore"):  # what overflows is said by notes and errors, not by warnings
            return work(source)
    except ConvcliError as error:
        return Outcome(input=source.path, error=_named(source, error))
    except OSError as error:  # what is worked on is gone, or its disk is
        reason = error.strerror or str(error)
        lost = ImageError(f"{source.name!r}: {reason}", hint="was it moved or deleted meanwhile?")
        return Outcome(input=source.path, error=lost)


def count_inputs(inputs: Sequence[str], reading: ReadSpec) -> int | None:
    """Count the inputs; None where folders and patterns stand for any number of them."""
    return None if reading.recursive or any(map(is_pattern, inputs)) else len(inputs)


def _named(source: Source, error: ConvcliError) -> ConvcliError:
    """Return an error that names its input; where channels are wrong, an array may have them first."""
    if isinstance(error, GeometryError | OutputError) and "channel" in error.message:
        error.hint = layout_hint(source.notes, error.hint)
    if error.message.endswith("is a folder"):
        error.hint = "name files, or add --recursive for the pictures in it"
    if source.name in error.message or repr(source.name) in error.message:
        return error
    error.message = f"{source.name!r}: {error.message}"
    return error


def layout_hint(notes: Sequence[str], otherwise: str) -> str:
    """Return the note that an array looks like channels first, or the hint `otherwise`."""
    return next((note for note in notes if "--layout" in note), otherwise)


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
    outputs: Iterable[str | None],
    inputs: Iterable[str],
    *,
    force: bool,
    option: str = "-o",
    page: str | None = None,
) -> None:
    """Refuse outputs, paths or ``-``, that are files which the command reads, unless `force` is given.

    Names that are empty are refused too, and those of pictures and arrays for the one that is an HTML `page`.
    `option` names the outputs: empty where their names are derived; that of the page is ``--html``.
    """
    for path in outputs:
        said = "--html" if path == page else option
        if path == "":
            raise UsageError(f"{said}: the name is empty", hint="name a file, or - for stdout")
        for read in inputs if not force and path not in (None, STDOUT) else ():
            if path is not None and Source(read).is_at(path):
                what = "the input itself" if path == read else f"the input {Source(read).name!r}"
                raise OutputError(
                    f"{said}: {path!r} is {what}".removeprefix(": "),
                    hint="add --force to replace it, or choose another name",
                )
    if page is not None and os.path.splitext(page)[1].lower() not in ("", ".html", ".htm", ".xhtml"):
        raise UsageError(f"a page is not written to {page!r}", hint="name a .html file")
