"""Prints the outcomes of a batch as they are done; at its end, the notes they have in common, and counts."""

import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from convcli.errors import ConvcliError, UsageError
from convcli.pipeline import messages
from convcli.pipeline.gathered_notes import GatheredNotes

if TYPE_CHECKING:
    from rich.console import Console

    from convcli.options.shared_options import PrintOptions
    from convcli.pipeline.batch import Batch, Outcome

__all__ = ["deliver"]


def deliver(batch: "Batch", printing: "PrintOptions", doing: str, screen: "Console | None" = None) -> None:
    """Print the outcome of each input, as it is done; exit with status 1 where some input failed.

    `doing` is the verb of the progress bar, such as "filtering". `screen` prints products that are Rich
    renderables; by default a console on stdout.
    """
    if batch.to_stdout and printing.json:
        raise UsageError("--json and the picture both want stdout", hint="write the picture to -o FILE")
    delivery, quiet, no_color = _Delivery(batch, printing, screen), printing.quiet, printing.no_color
    ended: KeyboardInterrupt | ConvcliError | None = None
    if not quiet:
        batch.say = messages.say
    try:
        # Workers are started before the bar, which has a thread.
        with _terminable(), closing(batch.outcomes()) as outcomes:
            no_bar = quiet or not delivery.several
            with messages.progress_bar(batch.progress, doing, quiet=no_bar, no_color=no_color):
                for outcome in outcomes:
                    delivery.print(outcome)
    except (KeyboardInterrupt, ConvcliError) as error:
        if isinstance(error, ConvcliError) and not (delivery.several and batch.progress.done):
            raise
        ended = error
        for outcome in batch.rest():
            delivery.print(outcome)
    about_record = batch.record.notes if batch.record is not None else ()
    counted = delivery.several and not quiet
    for line in () if quiet else (*delivery.notes.lines(batch.progress.done), *about_record):
        messages.say(line)
    if ended is not None:
        delivery.end(ended)
    about_all = batch.last()
    if about_all is not None:
        _print_product(about_all, printing)
    if batch.stopped and delivery.left:
        messages.say(delivery.summary("stopped", "free some space"))
    elif counted and (delivery.failures or delivery.skipped or batch.spreading.dry_run):
        messages.say(delivery.counts())
    if delivery.failures:
        raise typer.Exit(1)


class _Delivery:
    """State of the printing of a batch: notes that wait for the end, and numbers of inputs."""

    def __init__(self, batch: "Batch", printing: "PrintOptions", screen: "Console | None") -> None:
        self.batch, self.printing, self.screen = batch, printing, screen
        self.notes, self.failures, self.skipped, self.drawn = GatheredNotes(), 0, 0, False

    @property
    def several(self) -> bool:
        """Whether there is more than one input."""
        return self.batch.progress.total != 1

    @property
    def left(self) -> int:
        """The number of inputs whose outcome is not known."""
        return (self.batch.progress.total or 0) - self.batch.progress.done

    def print(self, outcome: "Outcome") -> None:
        """Print the outcome of one input; raise the error of the only one."""
        printing, error = self.printing, outcome.error
        if error is not None:
            self.failures += 1
            if printing.json:
                messages.json_line({"input": outcome.input, "error": error.message, "hint": error.hint})
            if not self.several:
                raise error
            messages.complain(error)
            return
        self.skipped += outcome.skipped
        _check_terminal(outcome.data)
        _say_notes(outcome, printing, self.notes if self.several else None)
        if outcome.drawing is None or printing.json:
            _print_product(outcome, printing)
            return
        self.screen = self.screen or messages.console(no_color=printing.no_color)
        messages.draw_on(self.screen, *([""] if self.drawn else []), outcome.drawing)
        self.drawn = True

    def counts(self) -> str:
        """Count what is done, has failed, and is left: ``40 done, 1 failed, 59 left``."""
        done = self.batch.progress.done - self.failures - self.skipped
        did, failed = ("to do", "refused") if self.batch.spreading.dry_run else ("done", "failed")
        found = ((done, did), (self.skipped, "skipped"), (self.failures, failed), (self.left, "left"))
        return ", ".join(f"{count} {what}" for count, what in found if count or what == did)

    def summary(self, what: str, *hints: str) -> str:
        """Say that the batch has ended in the middle, how far it was, and how it can go on."""
        if self.printing.quiet or not self.several:
            return what
        if self.batch.record is not None and self.left:
            again = "" if self.batch.spreading.resume else " with --resume"
            hints = (*hints, f"the same command{again} goes on")
        return f"{what}: {self.counts()}{'; hint: ' * bool(hints)}{', then '.join(hints)}"

    def end(self, ended: KeyboardInterrupt | ConvcliError) -> None:
        """Say how far the batch was when a signal or an error ended it, and end by the same."""
        if isinstance(ended, ConvcliError):
            if not self.printing.quiet:
                messages.say(self.summary("stopped"))
            raise ended
        if isinstance(ended, _Terminated):
            messages.say(self.summary("interrupted"))
            signal.raise_signal(signal.SIGTERM)
        raise KeyboardInterrupt(self.summary("interrupted")) from ended


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends the process when what was done has been said."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Raise `_Terminated` at the first SIGTERM; a second one ends the process at once."""

    def terminate(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise _Terminated

    usual = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _check_terminal(data: bytes | None) -> None:
    """Refuse the bytes of a file for a terminal, but for numbers as text: CSV, TSV, JSON."""
    if data is None or not messages.stdout().isatty():
        return
    if data.startswith(b"<") or not data.isascii() or not "".join(data.decode().split()).isprintable():
        raise UsageError(
            "picture bytes are not written to a terminal",
            hint="name a file with -o, or pipe the output on",
        )


def _say_notes(outcome: "Outcome", printing: "PrintOptions", notes: GatheredNotes | None) -> None:
    """Say the notes of one input; those of several are gathered in `notes`, unless all are asked for."""
    if notes is not None and not printing.verbose:
        for note in outcome.notes:
            notes.add(outcome.input, note)
    elif not printing.quiet:
        for note in (*outcome.details, *outcome.notes) if printing.verbose else outcome.notes:
            messages.say(f"{outcome.input}: {note}")


def _print_product(outcome: "Outcome", printing: "PrintOptions") -> None:
    """Print the report, the bytes or the paths that an input gave, and its summary before them."""
    to_file = bool(outcome.outputs or outcome.sheet) or outcome.data is not None
    beside = to_file or printing.json
    for drawn in (None if printing.json else outcome.summary, outcome.preview):
        if drawn is not None and not (beside and printing.quiet):
            messages.draw(drawn, no_color=printing.no_color, stderr=beside)
    if printing.json:
        messages.json_line(dict(outcome.report))
    elif outcome.listed:
        messages.path(outcome.listed)
    elif outcome.data is not None:
        messages.product(outcome.data)
    else:
        for name in (*outcome.outputs, *filter(None, [outcome.sheet])):
            messages.path(name)
