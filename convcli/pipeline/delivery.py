"""Prints the outcomes of a batch as they are done; at its end, the notes they have in common, and counts."""

from typing import TYPE_CHECKING

import typer

from convcli.errors import UsageError
from convcli.pipeline import messages
from convcli.pipeline.gathered_notes import gathered

if TYPE_CHECKING:
    from rich.console import Console

    from convcli.options.shared_options import PrintOptions
    from convcli.pipeline.batch import Batch, Outcome, Progress

__all__ = ["deliver"]


def deliver(batch: "Batch", printing: "PrintOptions", doing: str, screen: "Console | None" = None) -> None:
    """Print the outcome of each input, as it is done; exit with status 1 where some input failed.

    `doing` is the verb of the progress bar, such as "filtering". `screen` prints products that are Rich
    renderables; by default a console on stdout.
    """
    if batch.to_stdout and printing.json:
        raise UsageError("--json and the picture both want stdout", hint="write the picture to -o FILE")
    progress, notes, failures, shown = batch.progress, list[tuple[str, str]](), 0, False
    skipped = 0
    several = progress.total != 1
    quiet, no_color = printing.quiet, printing.no_color
    interrupted = False
    try:
        with messages.progress_bar(progress, doing, quiet=quiet or not several, no_color=no_color):
            for outcome in batch.outcomes():
                several = progress.total != 1  # known by now where folders and patterns are given
                error = outcome.error
                skipped += outcome.skipped
                if error is not None:
                    failures += 1
                    if printing.json:
                        said = {"input": outcome.input, "error": error.message, "hint": error.hint}
                        messages.json_line(said)
                    if not several:
                        raise error
                    messages.complain(error)
                    continue
                _check_terminal(outcome.data)
                _say_notes(outcome, printing, notes if several else None)
                if outcome.drawing is None or printing.json:
                    _print_product(outcome, printing)
                    continue
                screen = screen or messages.console(no_color=no_color)
                messages.draw_on(screen, *([""] if shown else []), outcome.drawing)
                shown = True
    except KeyboardInterrupt:
        interrupted = True
    words = ("to do", "refused") if batch.spreading.dry_run else ("done", "failed")
    counts = _counts(progress, skipped, failures, words) if several and not quiet else ""
    lines = [*gathered(notes, progress.done), *(batch.record.notes if batch.record else ())]
    for line in () if quiet else lines:
        messages.say(line)
    if interrupted:
        raise KeyboardInterrupt(f"interrupted: {counts}" if counts else "interrupted")
    about_all = batch.last()
    if about_all is not None:
        _print_product(about_all, printing)
    if counts and (failures or skipped or batch.spreading.dry_run):
        messages.say(counts)
    if failures:
        raise typer.Exit(1)


def _counts(progress: "Progress", skipped: int, failures: int, words: tuple[str, str]) -> str:
    """Count what is done, was skipped, has failed, and is left where that is known: ``40 done, 59 left``."""
    left = 0 if progress.total is None else progress.total - progress.done
    done, failed = words
    others = ((skipped, "skipped"), (failures, failed), (left, "left"))
    counts = [f"{count} {what}" for count, what in others if count]
    return ", ".join([f"{progress.done - skipped - failures} {done}", *counts])


def _check_terminal(data: bytes | None) -> None:
    """Refuse the bytes of a file for a terminal, but for numbers as text: CSV, TSV, JSON."""
    if data is None or not messages.stdout().isatty():
        return
    if data.startswith(b"<") or not data.isascii() or not "".join(data.decode().split()).isprintable():
        raise UsageError(
            "picture bytes are not written to a terminal",
            hint="name a file with -o, or pipe the output on",
        )


def _say_notes(outcome: "Outcome", printing: "PrintOptions", notes: list[tuple[str, str]] | None) -> None:
    """Say the notes of one input; those of several are gathered in `notes`, unless all are asked for."""
    if notes is not None and not printing.verbose:
        notes += [(outcome.input, note) for note in outcome.notes]
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
