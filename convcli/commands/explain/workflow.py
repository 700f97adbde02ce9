"""The work of ``convcli explain``: read, filter, explain one pixel, or write the page."""

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from convcli.choices import STDOUT, Depth, RangeMode
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import explain, report
from convcli.commands.explain.view import explanation
from convcli.display.words import printable
from convcli.errors import UsageError, shown
from convcli.kernels.spec import kernel_files
from convcli.limits import EXPLAINED_WEIGHTS
from convcli.options.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs, refuse_inputs
from convcli.pipeline.inputs import as_gray, left_out, read_source
from convcli.pipeline.loaded_kernels import load_kernels, without_folders
from convcli.pipeline.naming import OutputPaths, file_in
from convcli.pipeline.result_files import write_outputs
from convcli.pipeline.results import overflow_note
from convcli.pipeline.signals import along_signal
from convcli.stores.urls import public

__all__ = ["explain_files"]


def explain_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    spec: FilterSpec,
    reading: ReadSpec,
    explain_spec: ExplainSpec,
    *,
    force: bool = False,
) -> Batch:
    """Explain one output pixel of each input, filtered with the one kernel; or write its page.

    The page replaces an input only with `force`.
    """
    at, html = explain_spec.at, explain_spec.html
    check_inputs(inputs, kernels)
    if len(kernels) != 1:
        raise UsageError(f"--kernel is given {len(kernels)} times", hint="explain one kernel at a time")
    if at is None and html is None:
        raise UsageError("--at is missing", hint="name an output pixel: --at ROW,COLUMN, such as --at 0,0")
    count = count_inputs(inputs, reading)
    if html is not None and count != 1:
        raise UsageError("--html is a page about one picture", hint="name one input")
    html = file_in(html, "explain.html", inputs[0], force=force)
    refuse_inputs([html], [*inputs, *kernel_files(kernels)], force=force, page=html)
    slides = load_kernels(kernels, spec)
    size = sum(weights.size for weights in slides.kernels[0].components)
    EXPLAINED_WEIGHTS.check(size, "explain a smaller one", what=f"kernel {shown(kernels[0])}: its size")
    floats = spec.depth is Depth.FLOAT or spec.range is RangeMode.RAW
    naming = OutputPaths(WriteSpec(output=STDOUT), 1, inputs[:1], floats=floats)

    def work(source: Source) -> Outcome:
        read = read_source(source, reading)
        slid, how = along_signal(slides, spec) if read.signal else (slides, spec)
        notes = [*slid.notes, *read.notes, *left_out(read, "explained", "chooses")]
        name, text = printable(source.name), printable(public(kernels[0]))
        image = as_gray(read) if spec.gray else read
        image = replace(image, frames=(image.frames[0]._replace(alpha=None),))
        if html is not None:
            from convcli.commands.explain.page import page_bytes  # here for start-up: few ask for a page

            called = printable(os.path.basename(source.name)), printable(without_folders(kernels[0]))
            data = page_bytes(image, *called, slid.kernels[0], how, at)
            said = {"input": source.path, "html": html}
            return write_outputs(source, [(html, data)])._replace(notes=tuple(notes), report=said)
        (target,) = naming.targets(source, ["one"], image.format)
        found = explain(image, kernels[0], slid, how, at or (0, 0), target.format)
        stored = np.array([value for of_map in found.stored for value in of_map], found.dtype)
        notes += overflow_note(image.frames, [stored])
        return Outcome(
            input=source.path,
            drawing=explanation(found, name, text, how),
            report=report(found, source.path, how),
            notes=tuple(notes),
        )

    return Batch(inputs, reading, work, html == STDOUT)
