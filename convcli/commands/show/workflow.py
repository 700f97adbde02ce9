"""The work of ``convcli show``: read, slide kernels, format the numbers."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from convcli.arrayfiles.write import encode_array
from convcli.choices import STDOUT, Combine, Layout
from convcli.commands.show.maps import ShownMap, map_report, picture_maps, slid_maps, stacked
from convcli.commands.show.side_by_side import SideBySide
from convcli.commands.show.spec import Form, ShowSpec
from convcli.commands.show.view import FeatureMapTable
from convcli.display.words import printable
from convcli.errors import OutputError, UsageError
from convcli.imaging.image import Image
from convcli.kernels.spec import kernel_files
from convcli.options.setting_words import setting_words
from convcli.options.specs import FilterSpec, ReadSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs, refuse_inputs
from convcli.pipeline.inputs import as_gray, left_out, read_source
from convcli.pipeline.loaded_kernels import LoadedKernels, load_kernels
from convcli.pipeline.naming import file_in
from convcli.pipeline.result_files import write_outputs
from convcli.pipeline.signals import for_image

__all__ = ["show_files"]

# Lines of text of all tables of one input: two screens.
LINES = 48

# Least and most rows of one table.
LEAST_ROWS, MOST_ROWS = 6, 32

# Matches that are listed: below one map at least, and below all maps together.
LEAST_MATCHES, MATCHES_IN_ALL = 2, 10

# How the words of a padding mode begin, among those of other settings.
PAD = "pad "

# Fields of the spec that have an effect without a kernel where padding is a number of pixels.
PADDING_FIELDS = ("pad", "pad_value", "padding")

# Fields of the spec that have no effect without a kernel, but for --score.
WINDOW_FIELDS = (*PADDING_FIELDS, "stride", "dilation", "bias", "convolve")
SUM_FIELDS = ("normalize", "chain", "combine")


def show_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    specs: Sequence[FilterSpec],
    reading: ReadSpec,
    show_spec: ShowSpec,
) -> Batch:
    """Show each input, or the maps that `kernels`, SPECs as ``-k`` takes them, make of it.

    `specs` are one, or one for each padding mode.
    """
    show_spec.check_form()
    check_inputs(inputs, kernels)
    for spec in specs:
        _check(kernels, spec, show_spec)
    count = count_inputs(inputs, reading)
    form, output = show_spec.shown_as, None if show_spec.output == STDOUT else show_spec.output
    pictured = show_spec.plot and show_spec.output is not None
    suffix = form if form is not Form.TABLE else "png"
    if count != 1 and (form in (Form.CSV, Form.NPY) or output is not None or pictured):
        many = "several inputs" if count is None else f"{count} inputs"
        raise UsageError(
            f"{many} cannot all go to {output or 'stdout'!r} as {suffix}",
            hint="show one" if pictured else "show one, or all --as json",
        )
    output = file_in(output, f"show.{suffix}", inputs[0], force=show_spec.force)
    refuse_inputs([output], [*inputs, *kernel_files(kernels)], force=show_spec.force)
    # in --score each component of a kernel is a feature of its own
    combined = specs[0].replace(combine=Combine.NONE) if show_spec.score else specs[0]
    slides = load_kernels(kernels, combined) if kernels else LoadedKernels()
    padded = bool(kernels) or not isinstance(combined.padding, str)
    specs = specs if padded else specs[:1]
    said = [_said(spec, reading, show_spec, padded=padded, several=len(specs) > 1) for spec in specs]

    def work(source: Source) -> Outcome:
        read = read_source(source, reading)
        taken = [for_image(read, slides, spec) for spec in specs]
        used, first = taken[0]
        notes = [*used.notes, *read.notes, *left_out(read, "shown", "shows")]
        image = as_gray(read) if first.gray else read
        made = [
            slid_maps(image, used, spec, show_spec) if kernels else picture_maps(image, spec, show_spec)
            for _, spec in taken
        ]
        maps = [
            replace(one, settings=words, mode=mode)
            for modes in zip(*made, strict=True)
            for one, (words, mode) in zip(modes, said, strict=True)
        ]
        notes += dict.fromkeys(note for shown in maps for note in shown.notes)
        if show_spec.plot:
            from convcli.commands.show.plots import curves, plotted  # here for start-up

            given = picture_maps(image, first.replace(padding="same"), show_spec) if kernels else maps
            drawn = curves(printable(source.name), given, used, maps if kernels else (), first)
            return plotted(source, drawn, output or show_spec.output)._replace(notes=tuple(notes))
        if form is Form.TABLE:
            shown = _drawn(source, image, maps, show_spec, whole=not kernels)
            return Outcome(input=source.path, drawing=shown, notes=tuple(notes))
        report = (
            {"input": source.path, "maps": [map_report(one) for one in maps]} if form is Form.JSON else {}
        )
        if form is Form.JSON and output is None:
            return Outcome(input=source.path, report=report, notes=tuple(notes))
        data = _encoded(maps, form, report, reading.layout, signal=image.signal)
        return write_outputs(source, [(output or STDOUT, data)])._replace(notes=tuple(notes))

    binary = form is Form.NPY and output is None
    return Batch(inputs, reading, work, binary or (pictured and output is None))


def _said(
    spec: FilterSpec, reading: ReadSpec, show_spec: ShowSpec, *, padded: bool, several: bool
) -> tuple[tuple[str, ...], str | None]:
    """Return words about what changes the numbers, and the padding mode, apart from them where `several`."""
    words, mode = setting_words(spec, padded=padded), None
    if several:
        mode = next(word for word in words if word.startswith(PAD)).removeprefix(PAD)
        words.remove(PAD + mode)
    said = (
        *([] if reading.frame is None else [f"frame {reading.frame}"]),
        *([] if reading.layout is ReadSpec.layout else [f"layout {reading.layout}"]),
        *words,
        *([] if show_spec.center else ["means not subtracted"]),
    )
    return said, mode


def _check(kernels: Sequence[str], spec: FilterSpec, show_spec: ShowSpec) -> None:
    fields = (*WINDOW_FIELDS, *SUM_FIELDS)
    options = {
        name: "--" + name.replace("_", "-")
        for name in fields
        if getattr(spec, name) != getattr(FilterSpec, name)
        and not (name == "pad" and os.environ.get("CONVCLI_PAD"))
    }
    padded = not isinstance(spec.padding, str)
    idle = [name for name in options if not (padded and name in PADDING_FIELDS)]
    if not kernels and (show_spec.score or idle):
        option = "--score" if show_spec.score else options[idle[0]]
        alone = not show_spec.score and set(idle) <= {*PADDING_FIELDS}
        hint = "add -k SPEC" + (", or --padding N to see the padded picture" if alone else "")
        raise UsageError(f"{option} has no effect without a kernel", hint=hint)
    summed = [option for name, option in options.items() if name in ("bias", *SUM_FIELDS)]
    if show_spec.score and summed:
        raise UsageError(
            f"{summed[0]} does not go with --score, which compares shapes", hint="leave one of them out"
        )


def _drawn(
    source: Source, image: Image, maps: Sequence[ShownMap], show_spec: ShowSpec, *, whole: bool
) -> RenderableType:
    name = printable(source.name)
    if show_spec.preview:
        from convcli.commands.show.previews import preview  # here for start-up: tables need no pictures

        return preview(name, image, maps, show_spec, whole=whole)
    drawn: list[RenderableType]
    if maps[0].mode is not None:
        each = len(show_spec.pads)
        groups = [maps[at : at + each] for at in range(0, len(maps), each)]
        shared = show_spec.precision, show_spec.max_size, show_spec.score
        drawn = [
            SideBySide(", ".join((name, *group[0].words)), group, LINES // len(groups), *shared)
            for group in groups
        ]
        return _apart(drawn)
    rows = max(LEAST_ROWS, min(MOST_ROWS, LINES // len(maps)))
    drawn = [
        FeatureMapTable(
            one.values,
            ", ".join((name, *one.words)),
            one.facts(),
            one.lines(max(LEAST_MATCHES, MATCHES_IN_ALL // len(maps))),
            one.names,
            show_spec.precision,
            show_spec.max_size,
            rows,
            padding=one.padded(),
            channel=one.channel,
            peaks=show_spec.score,
        )
        for one in maps
    ]
    return _apart(drawn)


def _apart(drawn: Sequence[RenderableType]) -> Group:
    """Return drawings with a blank line between each two."""
    return Group(*[item for part in drawn for item in (Text(""), part)][1:])


def _encoded(
    maps: Sequence[ShownMap], form: Form, report: dict[str, Any], layout: Layout, *, signal: bool
) -> bytes:
    if form is Form.JSON:
        return json.dumps(report, allow_nan=False).encode() + b"\n"
    if form is Form.CSV and len(maps) > 1:
        raise OutputError(
            f".csv holds one map, and there are {len(maps)}",
            hint=f"{'give one mode to --pad' if maps[0].mode else 'add --gray'}, or use --as json or npy",
        )
    values = stacked(maps)
    return encode_array(
        values[0] if signal and values.shape[:-1] == (1,) else values, form.value, layout=layout
    )
