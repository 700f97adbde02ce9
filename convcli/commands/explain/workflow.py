"""The work of ``convcli explain``: read, filter, explain one pixel, or write the page."""

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from convcli.choices import STDOUT, Depth, RangeMode
from convcli.commands.explain.pool_view import PoolExplanation
from convcli.commands.explain.pooled import explain_pooling, pooling_report
from convcli.commands.explain.signal_view import SignalExplanation
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.steps import View, channel_names, explain, report
from convcli.commands.explain.totals import shown_channels, shown_parts
from convcli.commands.explain.view import Explanation
from convcli.display.language import Say
from convcli.display.words import printable
from convcli.engine.window import size_text
from convcli.errors import UsageError, shown
from convcli.imaging.image import Image
from convcli.kernels.spec import kernel_files
from convcli.limits import EXPLAINED_WEIGHTS
from convcli.options.specs import FilterSpec, PoolSpec, ReadSpec, WriteSpec
from convcli.parsing import NO_ROW
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs, refuse_inputs
from convcli.pipeline.inputs import as_gray, left_out, read_source
from convcli.pipeline.jsonable import plain
from convcli.pipeline.loaded_kernels import LoadedKernels, load_kernels, without_folders
from convcli.pipeline.naming import OutputPaths, file_in
from convcli.pipeline.result_files import write_outputs
from convcli.pipeline.results import overflow_note
from convcli.pipeline.signals import for_image, may_be_signal
from convcli.stores.urls import public

__all__ = ["explain_files"]


def explain_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    spec: FilterSpec | PoolSpec,
    reading: ReadSpec,
    explain_spec: ExplainSpec,
    say: Say,
    *,
    force: bool = False,
    no_color: bool = False,
) -> Batch:
    """Explain one output pixel of each input, filtered with the one kernel or pooled; or write its page.

    The page or animation replaces an input only with `force`; one that plays may have `no_color`.
    """
    if explain_spec.stack is not None:
        from convcli.commands.explain.stack.workflow import explain_stack  # here for start-up

        return explain_stack(explain_spec.stack, inputs, spec, reading, explain_spec, say, force=force)
    at, html = explain_spec.at, explain_spec.html
    check_inputs(inputs, kernels)
    written = {"--html is a page": html, "--animate is an animation": explain_spec.animate}
    if at is None and all(path is None for path in written.values()):
        raise UsageError("--at is missing", hint="name an output pixel: --at ROW,COLUMN, such as --at 0,0")
    if at is not None and at[0] is NO_ROW and not any(map(may_be_signal, inputs)):
        raise UsageError(f"--at: '{at[1]}' is not a place", hint="write ROW,COLUMN, such as 0,0 or -1,-1")
    count = count_inputs(inputs, reading)
    for what, path in written.items():
        if path is not None and count != 1:
            raise UsageError(f"{what} about one picture", hint="name one input")
    html = file_in(html, "explain.html", inputs[0], force=force)
    refuse_inputs([html], [*inputs, *kernel_files(kernels)], force=force, page=html)
    animation = None
    if explain_spec.animate is not None:
        # here for start-up: few do
        from convcli.commands.explain.animation.workflow import animate, animation_path

        animation = animation_path(explain_spec.animate, inputs, kernels, force=force)
    slides = _load(kernels, spec)
    parts = shown_parts(sum(len(one.components) for one in slides.kernels), explain_spec.map)
    floats = spec.depth is Depth.FLOAT or spec.range is RangeMode.RAW
    naming = OutputPaths(WriteSpec(output=STDOUT), 1, inputs[:1], floats=floats)

    def work(source: Source) -> Outcome:
        read = read_source(source, reading)
        return explained(source, read, *for_image(read, slides, spec))

    def explained(source: Source, read: Image, slides: LoadedKernels, spec: FilterSpec | PoolSpec) -> Outcome:
        notes = [*slides.notes, *read.notes, *left_out(read, "explained", "chooses")]
        image = as_gray(read) if spec.gray else read
        image = replace(image, frames=(image.frames[0]._replace(alpha=None),))
        channels = shown_channels(image.frames[0].channels, explain_spec.channel)
        if html is not None:
            from convcli.commands.explain.page import page_bytes  # here for start-up: few ask for a page

            given = (printable(without_folders(kernels[0])), slides.kernels[0]) if kernels else None
            data = page_bytes(image, printable(os.path.basename(source.name)), given, spec, explain_spec)
            said = {"input": source.path, "html": html}
            return write_outputs(source, [(html, data)])._replace(notes=tuple(notes), report=said)
        if animation is not None:
            moving = image, kernels, slides, spec, explain_spec
            return animate(source, *moving, animation, notes, say, no_color=no_color)
        (target,) = naming.targets(source, ["one"], image.format)
        name, place = printable(source.name), at or (0, 0)
        if isinstance(spec, PoolSpec):
            pooled = explain_pooling(image, spec, place, target.format)
            samples, said = pooled.samples, pooling_report(pooled, source.path, spec)
            drawing: object = PoolExplanation(pooled, name, spec, channels, say)
        else:
            found = explain(image, kernels[0], slides, spec, place, target.format, say)
            samples, said = found.samples, report(found, source.path, spec)
            text = printable(public(kernels[0]))
            view = View(found, spec, channels, parts, channel_names(found.image, say), say)
            kind = SignalExplanation if image.signal else Explanation
            drawing = kind(name, text, view)
        stored = np.array([value for of_map in samples.stored for value in of_map], samples.dtype)
        notes += overflow_note(image.frames, [stored])
        return Outcome(input=source.path, drawing=drawing, report=plain(said), notes=tuple(notes))

    return Batch(inputs, reading, work, STDOUT in (html, animation))


def _load(kernels: Sequence[str], spec: FilterSpec | PoolSpec) -> LoadedKernels:
    """Read the kernel, none for pooling; it, or the window, is not too large to be explained."""
    limit, hint = EXPLAINED_WEIGHTS, "explain a smaller one"
    if isinstance(spec, PoolSpec):
        taps = spec.size[0] * spec.size[1]
        limit._replace(unit="pixels").check(taps, hint, what=f"window {size_text(spec.size)}: its size")
        return LoadedKernels()
    slides = load_kernels(kernels, spec)
    weights = sum(weights.size for weights in slides.kernels[0].components)
    limit.check(weights, hint, what=f"kernel {shown(kernels[0])}: its size")
    return slides
