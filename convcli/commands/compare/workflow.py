"""The workflow of ``convcli compare``: read, run every padding mode, measure, draw, report."""

import os
import time
from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

from convcli.choices import STDOUT, Language
from convcli.commands.compare.outputs import DrawnPaths, check_paths, picture_bytes
from convcli.commands.compare.report import comparison_json, comparison_table, one_line, tally_table
from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.study import Study, Told
from convcli.commands.compare.subject import Picture, Subject, along_signal, picture_of, subject_of
from convcli.commands.compare.verdict import verdict
from convcli.display.language import Say, say_english
from convcli.display.words import per_axis, printable, size
from convcli.engine.arrays import Array
from convcli.kernels.spec import kernel_files
from convcli.options.specs import ReadSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs, refuse_inputs
from convcli.pipeline.inputs import read_source
from convcli.pipeline.naming import file_in
from convcli.pipeline.result_files import write_outputs
from convcli.stacks.convolutions import Convolution
from convcli.stacks.paddings.affected_border import affected
from convcli.stacks.paddings.compare_stack import Compared, compare_stack
from convcli.stacks.paddings.placing import check_inside, find_inside, frame
from convcli.stacks.paddings.tally import Tally
from convcli.stacks.stack import Stack

# Drawings and trials are imported where they are asked for, for start-up: a table alone needs no fonts.

__all__ = ["compare_files"]

# Most layers that the page shows: each adds to its size, and to the time that it takes to make.
MAX_STAGES = 6

BAND_OF_SIDES = (
    "{layers}; result {size}, border band {top} px (top), {bottom} (bottom), {left} (left), {right} (right)"
    " deep"
)


def compare_files(
    inputs: Sequence[str],
    spec: CompareSpec,
    reading: ReadSpec,
    *,
    output: str | None = None,
    html: str | None = None,
    force: bool = False,
    summary: bool = True,
    say: Say = say_english,
    language: Language = Language.EN,
) -> Batch:
    """Compare the padding modes on each input; with several, a last outcome has the table over all.

    An error of all inputs is raised at once; that of one is its outcome. Drawings replace inputs only with
    `force`. What is printed is said by `say`; pages begin with `language`.
    """
    check_inputs(inputs, [spec.kernel or ""])
    count = count_inputs(inputs, reading)
    if count == 1:
        output, html = (
            file_in(path, f"compare.{suffix}", inputs[0], force=force)
            for path, suffix in ((output, "png"), (html, "html"))
        )
    paths = DrawnPaths(output, html)
    check_paths(paths, spec, count)
    given = subject_of(spec)
    also_read = [path for path in (spec.truth, spec.stack, *given.stack.files) if path is not None]
    also_read += kernel_files([spec.kernel] if spec.kernel is not None else [])
    refuse_inputs(paths, [*inputs, *also_read], force=force, page=paths.html)
    tally = Tally()

    def work(source: Source) -> Outcome:
        start = time.perf_counter()
        image = read_source(source, reading)
        subject = along_signal(given, spec) if image.signal else given
        picture = picture_of(image, subject, gray=spec.gray)
        if spec.bias_map or spec.shift is not None:
            from convcli.commands.compare.trials import biased, shifted

            outcome = (
                biased(source, picture, subject, spec, paths.output, say)
                if spec.bias_map
                else shifted(source, picture, subject, spec, say)
            )
        else:
            wanted = _Wanted(paths, language, say if count == 1 and summary else None)
            outcome = _compared(source, picture, subject, spec, reading, tally, wanted)
        what = {"kernel": spec.kernel, "layers": spec.layers} if subject.of_kernel else {"stack": spec.stack}
        seconds = round(time.perf_counter() - start, 6)
        report = {"input": source.path, **what, **outcome.report, "seconds": seconds}
        return outcome._replace(report=report, notes=(*subject.notes, *picture.notes, *outcome.notes))

    def table() -> Outcome | None:
        if count == 1 or not summary or not tally.pictures:
            return None
        told = {"count": tally.pictures, "s": "s" * (tally.pictures != 1), "kernel": given.called(say)}
        title = say("{count} picture{s}, {kernel}", **told)
        return Outcome(input="", summary=tally_table(tally, title, say, measured=spec.crop is not None))

    return Batch(inputs, reading, work, STDOUT in paths, last=table)


class _Wanted(NamedTuple):
    """Files to draw, the first language of a page, and what says the printed report, if there is one."""

    paths: DrawnPaths
    language: Language
    say: Say | None


def _compared(
    source: Source,
    picture: Picture,
    subject: Subject,
    spec: CompareSpec,
    reading: ReadSpec,
    tally: Tally,
    wanted: _Wanted,
) -> Outcome:
    x, larger, offset, where = _truth(picture, subject, spec, reading)
    name, paths = printable(os.path.basename(source.name)), wanted.paths

    def studied(stack: Stack) -> Study:
        compared = compare_stack(
            stack,
            x,
            larger=larger,
            offset=offset,
            pads=spec.modes,
            pad_value=spec.pad_value,
            peak=picture.peak,
            keep=any(paths),
            jobs=spec.jobs,
        )

        def told(say: Say) -> Told:
            layer = printable(stack.layers[-1].name)
            return Told(
                say("{one}, {other}", one=name, other=subject.called(say)),
                [where(say), _layers(subject._replace(stack=stack), compared, say)],
                verdict(compared, quantum=picture.quantum, unit=picture.units.name, say=say),
                say("layer {number}: {name}", number=len(stack.layers), name=layer),
            )

        return Study(told, compared, picture.units)

    last = studied(subject.stack)
    compared = last.compared
    tally.add(compared.modes, compared.peak, measured=compared.measured)
    outcome = Outcome(
        input=source.path,
        details=(one_line(compared.modes),),
        report={**comparison_json(last), "crop": spec.crop, **paths._asdict()},
        summary=comparison_table(last, wanted.say) if wanted.say is not None else None,
    )
    if not any(paths):
        return outcome
    earlier = _stages(subject.stack, (x.shape[1], x.shape[2])) if paths.html is not None else []
    made, notes = _drawn([*map(studied, earlier), last], wanted)
    done = write_outputs(source, made)
    return outcome._replace(outputs=done.outputs, data=done.data, notes=tuple(notes))


def _truth(
    picture: Picture, subject: Subject, spec: CompareSpec, reading: ReadSpec
) -> tuple[Array, Array | None, tuple[int, int], Callable[[Say], str]]:
    """Return the picture to filter, the larger one that holds it (if any), its offset, and these in words."""
    planes, whole = picture.planes, size(picture.frame.size)
    if spec.crop is not None:
        rows, columns = frame(picture.frame.size, spec.crop)
        x = planes[:, rows, columns]
        left = {"size": whole, "count": spec.crop, "left": size(x.shape[1:])}
        return (
            *(x, planes, (spec.crop, spec.crop)),
            lambda say: say("{size} pixels, cut by {count} on each side to {left}", **left),
        )
    if spec.truth is None:
        unknown = "{size} pixels; the truth beyond them is not known (--crop N makes it known)"
        return planes, None, (0, 0), lambda say: say(unknown, size=whole)
    image = read_source(Source(spec.truth), reading)
    larger = picture_of(image, subject, gray=spec.gray).planes
    offset = spec.offset if spec.offset is not None else find_inside(planes, larger)
    check_inside(planes, larger, offset)
    told = {
        "size": whole,
        "name": f"{printable(os.path.basename(spec.truth))} ({size(larger.shape[1:])})",
        "at": f"{offset[0]},{offset[1]}",
    }
    return planes, larger, offset, lambda say: say("{size} pixels, cut from {name} at {at}", **told)


def _drawn(studies: Sequence[Study], wanted: _Wanted) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Return the montage of the last study and the page of all, and notes about the montage's letters."""
    made, notes, paths = [], list[str](), wanted.paths
    if paths.output is not None:
        from convcli.commands.compare.montage import montage
        from convcli.display.drawn.lettering import font_notes

        made.append((paths.output, picture_bytes(montage(studies[-1]), paths.output)))
        told = studies[-1].told(say_english)
        notes = font_notes(told.title, *told.facts)
    if paths.html is not None:
        from convcli.commands.compare.page import compare_page

        made.append((paths.html, compare_page(studies, language=wanted.language).encode()))
    return made, notes


def _stages(stack: Stack, shape: tuple[int, int]) -> list[Stack]:
    """Return the stacks up to each earlier convolution with padding, or to some of them, for the page."""
    parts = [
        stack._replace(layers=stack.layers[:count])
        for count in range(1, len(stack.layers))
        if isinstance(stack.layers[count - 1], Convolution)
    ]
    parts = [part for part in parts if any(affected(part, shape))]
    most = MAX_STAGES - 1
    return parts if len(parts) <= most else [parts[at * len(parts) // most] for at in range(most)]


def _layers(subject: Subject, compared: Compared, say: Say) -> str:
    """Describe the layers, the result's size, and the depth of the border band."""
    layers = subject.stack.layers
    parts = [say("{count} layer{s}", count=len(layers), s="s" * (len(layers) != 1))]
    if subject.of_kernel and isinstance(layers[0], Convolution):
        window = layers[0].window
        parts.append(say("kernel of {size}", size=size(window.size)))
        for name, pair in (("stride", window.stride), ("dilation", window.dilation)):
            if pair != (1, 1):
                parts.append(f"{say(name)} {per_axis(pair)}")
    words = reduce(lambda one, other: say("{one}, {other}", one=one, other=other), parts)
    told = {"layers": words, "size": size(compared.truth.shape[:2])}
    band = (
        BAND_OF_SIDES if len({*compared.band}) > 1 else "{layers}; result {size}, border band {top} px deep"
    )
    return say(band, **told, **compared.band._asdict())
