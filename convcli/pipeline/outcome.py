"""The outcome of one input: what work on it gives, or why it failed."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from convcli.choices import STDIN
from convcli.errors import ConvcliError, GeometryError, ImageError, OutputError
from convcli.pipeline.sources import Source
from convcli.pipeline.tasks import Task
from convcli.pipeline.written import Stamp, Written

__all__ = ["Outcome", "Results", "Spread", "Work", "attempt", "layout_hint", "one_by_one"]


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
    skipped: bool = False  # its results were there already
    begun: Stamp | None = None  # of the input, before it was read; None where no manifest wants it
    files: tuple[Written, ...] = ()  # those of which the digests are known
    listed: str = ""  # what --dry-run says of it

    @property
    def output(self) -> object:
        """The outputs as reports have them: a single path, or a list of several or none."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)

    def as_listed(self, targets: Sequence[str] = (), remark: str = "") -> "Outcome":
        """Return the outcome with its line for --dry-run: where its results go, by default its files."""
        files = targets or (*self.outputs, *filter(None, [self.sheet]))
        source = "stdin" if self.input == STDIN else self.input
        return self._replace(listed=f"{source} -> {', '.join(files)}" + (f" ({remark})" if remark else ""))


class Work(Protocol):
    """What is done to each input; it can be sent to other processes."""

    def __call__(self, source: Source) -> Outcome:
        """Return the outcome of one input, or raise its error."""
        ...

    def with_jobs(self, jobs: int) -> "Work":
        """Return the same work with so many threads."""
        ...

    def plan(self, source: Source) -> Outcome:
        """Return what the outcome of one input would be, ``listed``, or raise its error."""
        ...

    def forget(self) -> None:
        """Forget which names are taken by the inputs so far: the next ones have none of them."""
        ...


Results = Generator[tuple[int, list[Outcome]]]

# An executor works on tasks, of which it takes a few at a time, and yields the number of a task (0 for the
# first) with the outcomes of its inputs, in their order, all at once or some at a time. A None among the
# tasks, which is not counted, means that there is none before more outcomes are yielded: with nothing in
# flight, the executor yields (-1, []) then.
Spread = Callable[[Work, Iterator[Task | None]], Results]


def one_by_one(work: Callable[[Source], Outcome], tasks: Iterator[Task | None]) -> Results:
    """Work on the tasks in this process."""
    number = -1
    for task in tasks:
        if task is None:
            yield -1, []
            continue
        number += 1
        for source in task:
            yield number, [attempt(work, source)]


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
    except MemoryError:
        lost = ImageError(
            f"{source.name!r}: not enough memory", hint="use a smaller picture, or --frame N of an animation"
        )
        return Outcome(input=source.path, error=lost)
    except OSError as error:  # what is worked on is gone, or its disk is
        reason = error.strerror or str(error)
        lost = ImageError(f"{source.name!r}: {reason}", hint="was it moved or deleted meanwhile?")
        return Outcome(input=source.path, error=lost)


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
