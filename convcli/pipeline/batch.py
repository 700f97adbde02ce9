"""Many inputs, and their outcomes: the failure of one is its outcome, and does not stop the others."""

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from convcli.arrayfiles.devices import read_all
from convcli.atomic_write import leave_names, sync_names
from convcli.choices import STDIN, STDOUT
from convcli.errors import FullDiskError, ImageError, OutputError, UsageError
from convcli.options.batch_options import BatchSpec
from convcli.options.specs import ReadSpec
from convcli.pipeline.outcome import Outcome, Results, Work, attempt, one_by_one
from convcli.pipeline.sources import Source, find_sources, is_pattern
from convcli.pipeline.tasks import Task, divided, needs_parent, worthwhile

if TYPE_CHECKING:
    from convcli.pipeline.records.manifest import Manifest

__all__ = [
    "Batch",
    "Outcome",
    "Progress",
    "Source",
    "attempt",
    "check_inputs",
    "count_inputs",
    "read_stdin",
    "refuse_inputs",
]


@dataclass
class Progress:
    """How far work is: its steps in all (None: not known), those done or skipped, and what is worked on."""

    total: int | None
    done: int = 0
    current: str = ""
    skipped: int = 0  # of those done


# Inputs that are begun before the outcome of one is known, at most: the others' outcomes take memory.
# A cluster of a thousand workers has that many in hand.
_AHEAD, _AHEAD_OF_CLUSTERS = 256, 1 << 19


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
    labels
        Of the results of one input: they are part of derived names.
    record
        Asked before an input is worked on, and told of its outcome.
    stopped
        Whether no more inputs are begun, as the disk is full.
    say
        Takes lines for people about the workers.
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
    labels: Sequence[str] = ()
    record: "Manifest | None" = None
    say: Callable[[str], None] = field(init=False, default=lambda _: None)
    progress: Progress = field(init=False)
    stopped: bool = field(init=False, default=False)
    _sources: Sequence[Source] = field(init=False, default=())
    _next: int = field(init=False, default=0)  # the place of the input whose outcome is yielded next
    _folders: set[str] = field(init=False, default_factory=set)  # of the results
    _waiting: dict[int, Outcome] = field(init=False, default_factory=dict)  # for those before them, by place
    _places: dict[int, deque[int]] = field(init=False, default_factory=dict)  # of the inputs of each task

    def __post_init__(self) -> None:
        self.progress = Progress(count_inputs(self.inputs, self.reading))

    def outcomes(self) -> Generator[Outcome]:
        """Find the inputs, start workers, and return an iterator over the outcomes, in the inputs' order."""
        # All are found before any result is written: results are no inputs.
        self._sources = list(find_sources(self.inputs, recursive=self.reading.recursive))
        self.progress.total = len(self._sources)
        if self.spreading.dry_run:
            return self._in_order(one_by_one(cast(Work, self.work).plan, self._tasks()))
        if self.spreading.cluster is not None:
            from convcli.pipeline.executors import cluster

            work, address = cast(Work, self.work).with_jobs(1), self.spreading.cluster
            return self._in_order(cluster.spread(work, self._tasks(), address, self.jobs, self.say))
        if len(self._sources) > 1:
            leave_names(True)  # once for each folder at the end, not for each file
            from convcli.pipeline.executors.freed_memory import keep_freed_memory

            keep_freed_memory()
        processes = worthwhile(self._sources, self.jobs)
        if processes > 1:
            from convcli.engine.threads import thread_count
            from convcli.pipeline.executors import processes as workers

            work = cast(Work, self.work).with_jobs(max(1, thread_count(self.jobs) // processes))
            return self._in_order(workers.spread(work, self._tasks(), processes))
        return self._in_order(one_by_one(self.work, self._tasks()))

    def _in_order(self, results: Results) -> Generator[Outcome]:
        """Yield outcomes as soon as those of all inputs before are known; then what is left of them."""
        try:
            with closing(results), closing(self.record) if self.record else nullcontext():
                for number, made in results:
                    for outcome in made:
                        self._keep(self._places[number].popleft(), outcome)
                    if made and not self._places[number]:
                        del self._places[number]
                    while self._next in self._waiting:
                        self._next += 1
                        yield self._counted(self._waiting.pop(self._next - 1))
        finally:
            leave_names(False)
            sync_names(self._folders)
        yield from self.rest()

    def rest(self) -> Iterator[Outcome]:
        """Yield the outcomes that are known after an end in the middle: others before them are not."""
        for place in sorted(self._waiting):
            yield self._counted(self._waiting.pop(place))

    def _tasks(self) -> Iterator[Task | None]:
        """Yield the inputs that are to be worked on; what must be done in this process is done on the way."""
        sources, handed, dry_run = self._sources, 0, self.spreading.dry_run
        ahead = _AHEAD if self.spreading.cluster is None else _AHEAD_OF_CLUSTERS
        apart = ([place] for place in range(len(sources)))
        for places in divided(sources, self.labels) if isinstance(self.work, Work) else apart:
            inputs = [sources[place] for place in places]
            here = not dry_run and any(map(needs_parent, inputs))
            while self._next < places[0] - (0 if here else ahead):
                yield None
            if self.stopped:
                return
            self.progress.current = sources[self._next].name
            known = [self.record.kept(source) if self.record else None for source in inputs]
            if None in known:  # one of them may want a name that another has, which is known where it is made
                known = [None] * len(places)
            for place, source, kept in zip(places, inputs, known, strict=True):
                if kept is not None:
                    self._waiting[place] = kept.as_listed(remark="skipped: done already") if dry_run else kept
                elif here:
                    self._keep(place, attempt(self.work, source))
            if not here and None in known:
                self._places[handed] = deque(places)
                handed += 1
                yield inputs

    def _keep(self, place: int, outcome: Outcome) -> None:
        if isinstance(outcome.error, FullDiskError):
            if self.stopped:  # it would be said of each input that is in hand
                return
            self.stopped = True
        if self.record is not None and not self.spreading.dry_run:
            self.record.add(self._sources[place], outcome)
        self._folders.update(os.path.dirname(path) or os.curdir for path in outcome.outputs)
        self._waiting[place] = outcome

    def _counted(self, outcome: Outcome) -> Outcome:
        self.progress.done += 1
        self.progress.skipped += outcome.skipped
        if self._next < len(self._sources):
            self.progress.current = self._sources[self._next].name
        return outcome


def count_inputs(inputs: Sequence[str], reading: ReadSpec) -> int | None:
    """Count the inputs; None where folders and patterns stand for any number of them."""
    return None if reading.recursive or any(map(is_pattern, inputs)) else len(inputs)


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
