"""Many inputs, and their outcomes: the failure of one is its outcome, and does not stop the others."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from convcli.arrayfiles.devices import read_all
from convcli.choices import STDIN, STDOUT
from convcli.errors import ConvcliError, GeometryError, ImageError, OutputError, UsageError
from convcli.options.batch_options import BatchSpec
from convcli.options.specs import ReadSpec
from convcli.pipeline.sources import Source, find_sources, is_pattern
from convcli.pipeline.tasks import Task, divided, needs_parent
from convcli.pipeline.written import Written

__all__ = [
    "Batch",
    "Outcome",
    "Progress",
    "Record",
    "Source",
    "Spread",
    "Work",
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
    skipped: bool = False  # its results were there already
    files: tuple[Written, ...] = ()  # those of which the digests are known
    listed: str = ""  # what --dry-run says of it

    @property
    def output(self) -> object:
        """The outputs as reports have them: a single path, or a list of several or none."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)

    def as_listed(self, targets: Sequence[str] = (), remark: str = "") -> "Outcome":
        """Return the outcome with its line for --dry-run: where to its results go, by default its files."""
        files = targets or (*self.outputs, *filter(None, [self.sheet]))
        source = "stdin" if self.input == STDIN else self.input
        return self._replace(listed=f"{source} -> {', '.join(files)}" + (f" ({remark})" if remark else ""))


@dataclass
class Progress:
    """How far work is: its steps in all (None: not known), how many are done, and what is worked on."""

    total: int | None
    done: int = 0
    current: str = ""


class Work(Protocol):
    """What is done to each input; it can be sent to other processes."""

    def __call__(self, source: Source) -> Outcome:
        """Return the outcome of one input, or raise its error."""
        ...

    def plan(self, source: Source) -> Outcome:
        """Return what the outcome of one input would be, ``listed``, or raise its error."""
        ...

    def forget(self) -> None:
        """Forget which names are taken by the inputs so far: the next ones have none of them."""
        ...


class Record(Protocol):
    """What is known of the inputs of earlier runs, and is written down of this one."""

    @property
    def notes(self) -> Sequence[str]:
        """Lines for people about the record itself."""
        ...

    def kept(self, source: Source) -> Outcome | None:
        """Return the outcome of an input that is done already, with ``skipped``; None for one to work on."""
        ...

    def add(self, source: Source, outcome: Outcome) -> None:
        """Write down the outcome of an input, as soon as it is known."""
        ...


# Inputs that are begun before the outcome of one is known, at most: the others' outcomes take memory.
_AHEAD = 256

# An executor works on tasks, of which it takes a few at a time, and yields the number of a task (0 for the
# first) with the outcomes of its inputs, in their order, all at once or some at a time. A None among the
# tasks, which is not counted, means that there is none before more outcomes are yielded: with nothing in
# flight, the executor yields (-1, []) then.
Spread = Callable[[Work, Iterator[Task | None]], Iterator[tuple[int, list[Outcome]]]]


@dataclass
class Batch:
    """The inputs of a command, and the work on each of them.

    Attributes
    ----------
    inputs, reading
        As given; patterns, and with ``reading.recursive`` folders, stand for the files in them.
    work
        Makes the outcome of one input; the error that it raises becomes the outcome.
    to_stdout
        Whether files go to stdout.
    last
        Makes the outcome that is about all inputs, if there is one, when they are done.
    spreading
        How inputs are spread over workers, skipped or only listed.
    jobs
        Most processes that work on inputs; None is one per core. With more than one, or a cluster, `work` is
        a `Work`.
    record
        Asked before an input is worked on, and told of its outcome.
    progress
        Its total is known when `outcomes` returns.
    """

    inputs: Sequence[str]
    reading: ReadSpec
    work: Callable[[Source], Outcome]
    to_stdout: bool = False
    last: Callable[[], Outcome | None] = lambda: None
    spreading: BatchSpec = field(default_factory=BatchSpec)
    jobs: int | None = 1
    record: Record | None = None
    progress: Progress = field(init=False)
    stopped: bool = field(init=False, default=False)  # no more inputs are begun
    _sources: Sequence[Source] = field(init=False, default=())
    _next: int = field(init=False, default=0)  # the place of the input whose outcome is yielded next
    _waiting: dict[int, Outcome] = field(init=False, default_factory=dict)  # for those before them, by place
    _places: dict[int, deque[int]] = field(init=False, default_factory=dict)  # of the inputs of each task

    def __post_init__(self) -> None:
        self.progress = Progress(count_inputs(self.inputs, self.reading))

    def outcomes(self) -> Iterator[Outcome]:
        """Find the inputs, start workers, and return an iterator over the outcomes, in the inputs' order."""
        # All are found before any result is written: results are no inputs.
        self._sources = list(find_sources(self.inputs, recursive=self.reading.recursive))
        self.progress.total = len(self._sources)
        if self.spreading.dry_run:
            return self._listed()
        if self.spreading.cluster is not None:
            from convcli.pipeline import cluster  # here for start-up

            work: Any = self.work
            return self._in_order(cluster.spread(work, self._tasks(), self.spreading.cluster, self.jobs))
        return self._in_order(one_by_one(self.work, self._tasks()))

    def _listed(self) -> Iterator[Outcome]:
        """Yield what the outcome of each input would be; nothing is written."""
        for source in self._sources:
            self._next += 1
            kept = self.record.kept(source) if self.record else None
            if kept is None:
                yield self._counted(attempt(self.work.plan, source))  # type: ignore[attr-defined]
            else:
                yield self._counted(kept.as_listed(remark="skipped: done already"))

    def _in_order(self, results: Iterator[tuple[int, list[Outcome]]]) -> Iterator[Outcome]:
        """Yield outcomes as soon as those of all inputs before are known; then what is left of them."""
        for number, made in results:
            for outcome in made:
                place = self._places[number].popleft()
                self._keep(place, outcome)
            while self._next in self._waiting:
                self._next += 1
                yield self._counted(self._waiting.pop(self._next - 1))
        yield from self.rest()

    def rest(self) -> Iterator[Outcome]:
        """Yield the outcomes that are known after an end in the middle: others before them are not."""
        for place in sorted(self._waiting):
            yield self._counted(self._waiting.pop(place))

    def _tasks(self) -> Iterator[Task | None]:
        """Yield the inputs that are to be worked on; what must be done in this process is done on the way."""
        sources, handed = self._sources, 0
        apart = self.jobs == 1 and self.spreading.cluster is None
        for places in ([place] for place in range(len(sources))) if apart else divided(sources):
            inputs = [sources[place] for place in places]
            here = any(map(needs_parent, inputs))
            while self._next < places[0] - (0 if here else _AHEAD):
                yield None
            if self.stopped:
                return
            self.progress.current = sources[self._next].name
            known = [self.record.kept(source) if self.record else None for source in inputs]
            if here or None not in known:
                for place, source, kept in zip(places, inputs, known, strict=True):
                    if kept is None:
                        self._keep(place, attempt(self.work, source))
                    else:
                        self._waiting[place] = kept
                continue
            self._places[handed] = deque(places)
            handed += 1
            yield inputs

    def _keep(self, place: int, outcome: Outcome) -> None:
        if self.record is not None:
            self.record.add(self._sources[place], outcome)
        self._waiting[place] = outcome

    def _counted(self, outcome: Outcome) -> Outcome:
        self.progress.done += 1
        if self._next < len(self._sources):
            self.progress.current = self._sources[self._next].name
        return outcome


def one_by_one(
    work: Callable[[Source], Outcome], tasks: Iterator[Task | None]
) -> Iterator[tuple[int, list[Outcome]]]:
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
