"""Padding without any truth: bias over random pictures, and shifts, as tables, JSON and a picture."""

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import STDOUT, PadMode
from convcli.commands.compare.bias_sheet import BiasMaps, bias_sheet
from convcli.commands.compare.outputs import picture_bytes, write_files
from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.subject import Seen, Subject, look_at
from convcli.commands.compare.verdict import figure, listed, number
from convcli.commands.compare.view import Column, Figures, Report
from convcli.imaging import colour
from convcli.imaging.image import Frame, Space
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.jsonable import plain
from convcli.stacks.paddings.affected_border import affected, step_of
from convcli.stacks.paddings.trials import Agreement, Bias, Translation, bias_maps, translate, whole_steps
from convcli.stacks.stack import Scale

__all__ = ["biased", "shifted"]

Array = NDArray[Any]

SAMPLES, SEED = 400, 0
LARGEST = 64
"""Rows and columns of random pictures: farther inside, positions are alike."""

FLAT = 1.25
"""Flatness up to which a map is called flat: with hundreds of positions, chance stays below it."""


def biased(source: Source, found: Seen, subject: Subject, spec: CompareSpec, output: str | None) -> Outcome:
    """Feed random pictures of the input's size, and tell mean and deviation by position."""
    count, seed = spec.samples or SAMPLES, spec.seed or SEED
    size = _random_size(found, subject)
    found_maps = bias_maps(
        subject.stack,
        _random(found, subject, spec, size, count, seed),
        pad_value=spec.pad_value,
        jobs=spec.jobs,
    )
    title = f"{os.path.basename(source.name)}, {subject.name}: bias by position"
    facts = [
        f"{count} random pictures of {size[1]} x {size[0]} pixels (seed {seed}), uniform from black to white"
    ]
    words = _bias_words(found_maps)
    files: list[tuple[str, bytes]] = []
    data = None
    if output is not None:
        maps = [BiasMaps(one.pad.value, *one.relative(), caption=_caption(one)) for one in found_maps]
        made = picture_bytes(bias_sheet(title, [*facts, words], maps), output)
        if output == STDOUT:
            data = made
        else:
            files.append((output, made))
    write_files(source, files)
    return Outcome(
        input=source.path,
        outputs=tuple(path for path, _ in files),
        data=data,
        report={
            "samples": count,
            "seed": seed,
            "size": list(size),
            "verdict": words,
            "modes": [_bias_json(one) for one in found_maps],
            "output": output,
        },
        table=Report(title, facts, words, list(_bias_tables(found_maps)), [_BIAS_NOTE]),
    )


_BIAS_NOTE = (
    "flatness: how far a map is spread over the positions, over what chance alone would do: about 1 where no"
    f" position is special; up to {FLAT} counts as flat."
)


def _random_size(found: Seen, subject: Subject) -> tuple[int, int]:
    """Return the input's size, cut where more of the inside would tell nothing new."""
    height, width = found.frame.size
    band = affected(subject.stack, (height, width))
    most = max(LARGEST, round(6 * band.depth * max(step_of(subject.stack))))
    return min(height, most), min(width, most)


def _random(
    found: Seen, subject: Subject, spec: CompareSpec, size: tuple[int, int], count: int, seed: int
) -> Iterator[Array]:
    rng = np.random.default_rng(seed)
    shape = (*size, *found.frame.pixels.shape[2:])
    byte = subject.of_kernel or subject.stack.scale is Scale.BYTE
    space = Space.RGB if found.frame.channels == 3 else Space.DATA
    for _ in range(count):
        made = Frame(rng.random(shape))
        planes, _ = look_at(colour.gray(made, space) if spec.gray else made, space, subject)
        yield planes * (found.peak or 1.0) if byte else planes


def _bias_tables(maps: Sequence[Bias]) -> Iterator[tuple[str, Figures]]:
    flat = [one.moments.flatness() for one in maps]
    for at, (name, values) in enumerate(
        (
            ("Mean of the results", [one.moments.mean for one in maps]),
            ("Deviation of the results", [one.moments.deviation for one in maps]),
        )
    ):
        regions = [one.regions(of_map) for one, of_map in zip(maps, values, strict=True)]
        columns = [
            Column("padding", [one.pad.value for one in maps], left=True),
            Column("inside", [number(inside) for inside, _ in regions]),
            Column("border", [number(border) for _, border in regions]),
            Column("flatness", [f"{pair[at]:.2f}" for pair in flat]),
        ]
        yield name, Figures(columns, frozenset(row for row, pair in enumerate(flat) if pair[at] <= FLAT))


def _bias_words(maps: Sequence[Bias]) -> str:
    flat = {one.pad.value: one.moments.flatness() for one in maps}
    both = [pad for pad, pair in flat.items() if max(pair) <= FLAT]
    mean = [pad for pad, pair in flat.items() if pair[0] <= FLAT < pair[1]]
    neither = [pad for pad, pair in flat.items() if pair[0] > FLAT]
    parts = []
    if both:
        parts.append(f"mean and deviation are flat under {listed(both)}")
    if mean:
        parts.append(f"the mean alone under {listed(mean)}")
    if neither:
        parts.append(f"{'neither' if both or mean else 'the mean is not flat'} under {listed(neither)}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _caption(one: Bias) -> str:
    mean, deviation = one.moments.flatness()
    return f"flatness: mean {number(mean)}, deviation {number(deviation)}"


def _bias_json(one: Bias) -> dict[str, Any]:
    flat = one.moments.flatness()
    figures = {}
    for name, values, flatness in (
        ("mean", one.moments.mean, flat[0]),
        ("deviation", one.moments.deviation, flat[1]),
    ):
        inside, border = one.regions(values)
        figures[name] = plain({"inside": inside, "border": border, "flatness": flatness})
    return {"pad": one.pad.value, **figures}


def shifted(source: Source, found: Seen, subject: Subject, spec: CompareSpec) -> Outcome:
    """Shift the picture, and tell where its result is not the shifted result."""
    shift = spec.shift or (0, 0)
    made = translate(subject.stack, found.planes, shift, pad_value=spec.pad_value, jobs=spec.jobs)
    whole = whole_steps(subject.stack, shift)
    words = _shift_words(made, whole=whole)
    title = f"{os.path.basename(source.name)}, {subject.name}: shifted by {shift[0]},{shift[1]}"
    facts = [
        "the result of the shifted picture against the shifted result of the picture; what leaves on one side"
        " enters on the other"
    ]
    still = next((one.still for one in made if not math.isnan(one.still.mae)), None)
    notes = ["r: correlation, 1 where nothing but the place changes"]
    if still is not None:
        notes.append(
            "Invariance, inside: the result of the shifted picture differs from the result as it was by"
            f" {figure(still.mae)} on average (r = {_ratio(still)})."
        )
    return Outcome(
        input=source.path,
        report={
            "shift": list(shift),
            "whole_steps": whole,
            "verdict": words,
            "modes": [_shift_json(one) for one in made],
        },
        table=Report(title, facts, words, _shift_tables(made), notes),
    )


def _shift_tables(made: Sequence[Translation]) -> list[tuple[str, Figures]]:
    names = Column("padding", [one.pad.value for one in made], left=True)
    tables = []
    for heading, places in (
        ("Inside", [one.inside for one in made]),
        ("At the border, and at the seam where the edges meet", [one.border for one in made]),
    ):
        columns = [
            names,
            Column("mean", [_differs(one) for one in places]),
            Column("largest", [number(one.max) for one in places]),
            Column("r", [_ratio(one) for one in places]),
        ]
        equal = frozenset(row for row, one in enumerate(places) if one.max == 0)
        tables.append((heading, Figures(columns, equal)))
    return tables


def _differs(one: Agreement) -> str:
    return "equal" if one.max == 0 else number(one.mae)


def _ratio(one: Agreement) -> str:
    return number(one.correlation) if math.isnan(one.correlation) else f"{one.correlation:.3f}"


def _shift_words(made: Sequence[Translation], *, whole: bool) -> str:
    inside = [one.pad.value for one in made if one.inside.max == 0]
    border = [one.pad.value for one in made if one.border.max == 0]
    wrap = next((one for one in made if one.pad is PadMode.WRAP), made[0])
    parts = []
    if len(inside) == len(made):
        parts.append("inside, shifting and filtering commute under every mode")
    elif math.isnan(wrap.inside.max):
        parts.append("every result is near the border or the seam: nothing is inside")
    else:
        parts.append(
            f"inside, shifting and filtering do not commute: r = {_ratio(wrap.inside)}"
            + ("" if whole else ", as the shift is no whole number of the result's steps")
        )
    if border:
        parts.append(f"at the border under {listed(border)}" + (" alone" if len(border) < len(made) else ""))
    elif inside:
        parts.append("at the border under none")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _shift_json(one: Translation) -> dict[str, Any]:
    places = {"inside": one.inside, "border": one.border, "unshifted": one.still}
    return {
        "pad": one.pad.value,
        **plain({name: at._asdict() for name, at in places.items()}),
    }
