"""``--bias-map`` and ``--shift``: tests of padding that need no truth, as tables, JSON and a picture."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from convcli.choices import PadMode
from convcli.commands.compare.bias_sheet import BiasMaps, bias_sheet
from convcli.commands.compare.figures import aligned, amount, figure
from convcli.commands.compare.outputs import picture_bytes
from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.study import Told
from convcli.commands.compare.subject import Picture, Subject, network_input
from convcli.commands.compare.view import Report
from convcli.display.drawn.lettering import font_notes
from convcli.display.language import Say, say_english
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import listed, printable
from convcli.display.words import size as sized
from convcli.engine.arrays import Array
from convcli.imaging import colour
from convcli.imaging.image import Frame, Space
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.jsonable import plain
from convcli.pipeline.result_files import write_outputs
from convcli.stacks.paddings.affected_border import affected, has_border, total_stride
from convcli.stacks.paddings.trials import Agreement, Bias, Translation, bias_maps, translate, whole_strides
from convcli.stacks.stack import Scale

__all__ = ["biased", "shifted"]

# Default number of random pictures, and default seed of their generator.
SAMPLES, SEED = 400, 0

# Most rows and columns of random pictures, unless six times the border band is more: farther inside all
# positions are alike.
MAX_RANDOM_SIDE = 64

# A map counts as flat up to this value of the figure that reports call flatness: about 1 for a flat map, more
# for an uneven one. With hundreds of positions, chance stays below it.
FLAT_UP_TO = 1.25

RANDOM = "{count} random pictures of {size} pixels (seed {seed}), uniform from black to white"

FLATNESS = (
    "flatness: how far a map is spread over the positions, over what chance alone would do: about 1 where no"
    " position is special; up to {most} counts as flat."
)

SHIFTED = (
    "the result of the shifted picture against the shifted result of the picture; what leaves on one side"
    " enters on the other"
)

# Figures (inside, border, flatness) of each map (mean, deviation).
BiasFigures = Mapping[str, Mapping[str, float]]


def biased(
    source: Source, picture: Picture, subject: Subject, spec: CompareSpec, output: str | None, say: Say
) -> Outcome:
    """Filter random pictures of the input's size; report mean and deviation of the results by position."""
    count, seed = spec.samples or SAMPLES, spec.seed or SEED
    size = _random_size(picture, subject)
    pictures = _random(picture, subject, spec, size, count, seed)
    maps = bias_maps(subject.stack, pictures, pads=spec.modes, pad_value=spec.pad_value, jobs=spec.jobs)
    figures = {one.pad.value: _bias_figures(one) for one in maps}
    name = printable(os.path.basename(source.name))

    def told(say: Say) -> Told:
        how = {"count": count, "size": sized(size), "seed": seed}
        return Told(
            say("{picture}, {kernel}: bias by position", picture=name, kernel=subject.called(say)),
            [say(RANDOM, **how)],
            _bias_words(figures, say),
        )

    english, made = told(say_english), []
    if output is not None:
        flatness = [[figure(one[of]["flatness"]) for of in ("mean", "deviation")] for one in figures.values()]
        rows = [
            BiasMaps(one.pad.value, *one.relative(), f"flatness: mean {mean}, deviation {deviation}")
            for one, (mean, deviation) in zip(maps, flatness, strict=True)
        ]
        sheet = bias_sheet(english.title, [*english.facts, english.verdict], rows)
        made = [(output, picture_bytes(sheet, output))]
    note = say(FLATNESS, most=FLAT_UP_TO)
    tables = _bias_tables(figures, say(picture.units.heading), say)
    return write_outputs(source, made)._replace(
        notes=tuple(font_notes(english.title) if made else ()),
        report={
            "samples": count,
            "seed": seed,
            "size": list(size),
            "verdict": english.verdict,
            "modes": [{"pad": pad, **plain(one)} for pad, one in figures.items()],
            "output": output,
        },
        summary=Report(*told(say)[:3], tables, [note]),
    )


def _random_size(picture: Picture, subject: Subject) -> tuple[int, int]:
    """Return the input's size, or less where more inner positions would add nothing."""
    height, width = picture.frame.size
    band = affected(subject.stack, (height, width))
    most = max(MAX_RANDOM_SIDE, round(6 * band.depth * max(total_stride(subject.stack))))
    return min(height, most), min(width, most)


def _random(
    picture: Picture, subject: Subject, spec: CompareSpec, size: tuple[int, int], count: int, seed: int
) -> Iterator[Array]:
    rng = np.random.default_rng(seed)
    shape = (*size, *picture.frame.pixels.shape[2:])
    byte = subject.of_kernel or subject.stack.scale is Scale.BYTE
    space = Space.RGB if picture.frame.channels == 3 else Space.DATA
    for _ in range(count):
        made = Frame(rng.random(shape))
        planes, _ = network_input(colour.gray(made, space) if spec.gray else made, space, subject)
        yield planes * (picture.peak or 1.0) if byte else planes


def _bias_figures(one: Bias) -> BiasFigures:
    maps = {"mean": one.moments.mean, "deviation": one.moments.deviation}
    found = {}
    for (name, values), flatness in zip(maps.items(), one.moments.flatness(), strict=True):
        inside, border = one.regions(values)
        found[name] = {"inside": inside, "border": border, "flatness": flatness}
    return found


def _bias_tables(figures: Mapping[str, BiasFigures], unit: str, say: Say) -> list[tuple[str, FigureTable]]:
    tables = []
    headings = (
        say("Mean of the results, {unit}", unit=unit),
        say("Deviation of the results, {unit}", unit=unit),
    )
    for name, heading in zip(("mean", "deviation"), headings, strict=True):
        rows = [one[name] for one in figures.values()]
        values = aligned([row[place] for place in ("inside", "border") for row in rows])
        columns = [
            Column(say("padding"), list(figures), left=True),
            Column(say("inside"), values[: len(rows)]),
            Column(say("border"), values[len(rows) :]),
            Column(say("flatness"), [f"{row['flatness']:.2f}" for row in rows]),
        ]
        flat = frozenset(at for at, row in enumerate(rows) if row["flatness"] <= FLAT_UP_TO)
        tables.append((heading, FigureTable(columns, flat, say)))
    return tables


def _bias_words(figures: Mapping[str, BiasFigures], say: Say) -> str:
    flat = {pad: [one[name]["flatness"] for name in ("mean", "deviation")] for pad, one in figures.items()}
    both = [pad for pad, pair in flat.items() if max(pair) <= FLAT_UP_TO]
    mean = [pad for pad, pair in flat.items() if pair[0] <= FLAT_UP_TO < pair[1]]
    neither = [pad for pad, pair in flat.items() if pair[0] > FLAT_UP_TO]
    parts = {
        "mean and deviation are flat under {names}": both,
        "the mean alone under {names}": mean,
        "neither under {names}" if both or mean else "the mean is not flat under {names}": neither,
    }
    text = say("; ").join(say(part, names=listed(pads, say=say)) for part, pads in parts.items() if pads)
    return say("{sentence}.", sentence=f"{text[:1].upper()}{text[1:]}")


def shifted(source: Source, picture: Picture, subject: Subject, spec: CompareSpec, say: Say) -> Outcome:
    """Shift the picture, and report where its result differs from the shifted result."""
    shift, stack = spec.shift or (0, 0), subject.stack
    pads = spec.modes if spec.pads or has_border(stack) else [PadMode.VALID]
    made = translate(stack, picture.planes, shift, pads=pads, pad_value=spec.pad_value, jobs=spec.jobs)
    english, sentences = (
        list(_shift_sentences(made, shift, total_stride(stack), picture.units.name, one))
        for one in (say_english, say)
    )
    name, by = printable(os.path.basename(source.name)), f"{shift[0]},{shift[1]}"
    title = say("{picture}, {kernel}: shifted by {by}", picture=name, kernel=subject.called(say), by=by)
    notes = [say("r: correlation, 1 where nothing but the place changes")]
    tables = _shift_tables(made, say(picture.units.heading), say)
    places = ("inside", "border", "unshifted")
    return Outcome(
        input=source.path,
        report={
            "shift": list(shift),
            "whole_steps": whole_strides(stack, shift),
            "verdict": " ".join(english),
            "modes": [
                plain({"pad": one.pad.value, **{at: getattr(one, at)._asdict() for at in places}})
                for one in made
            ],
        },
        summary=Report(title, [say(SHIFTED)], "\n".join(sentences), tables, notes),
    )


def _shift_tables(made: Sequence[Translation], unit: str, say: Say) -> list[tuple[str, FigureTable]]:
    tables = []
    inside = say("Inside, {unit}", unit=unit)
    border = say("At the border, and at the seam where the edges meet, {unit}", unit=unit)
    for heading, places in (
        (inside, [one.inside for one in made]),
        (border, [one.border for one in made]),
    ):
        if not any(one.places for one in places):
            continue
        means = zip(places, aligned([one.mae for one in places]), strict=True)
        columns = [
            Column(say("padding"), [one.pad.value for one in made], left=True),
            Column(say("mean"), [say("equal") if one.max == 0 else text for one, text in means]),
            Column(say("largest"), aligned([one.max for one in places])),
            Column("r", [_ratio(one) for one in places]),
        ]
        equal = frozenset(row for row, one in enumerate(places) if one.max == 0)
        tables.append((heading, FigureTable(columns, equal, say)))
    return tables


def _ratio(one: Agreement) -> str:
    return "-" if math.isnan(one.correlation) else f"{one.correlation:.3f}"


def _shift_sentences(
    made: Sequence[Translation], shift: tuple[int, int], steps: tuple[float, float], unit: str, say: Say
) -> Iterator[str]:
    """Yield sentences about equivariance and invariance; `steps` are pixels from one result to the next."""
    inside, unshifted = made[0].inside, made[0].unshifted  # every padding has the same inside
    by, places = f"{shift[0]},{shift[1]}", f"{inside.places:,}"
    if not inside.places:
        yield say("Every result is near the border or the seam: nothing is inside.")
    elif inside.max == 0:
        moved = ",".join(f"{one / step:g}" for one, step in zip(shift, steps, strict=True))
        yield say(
            "Equivariant: shifted by {by}, the result moves along by {moved}, equal at all {places} places"
            " inside.",
            **{"by": by, "moved": moved, "places": places},
        )
    else:
        differing = _differing(inside, unit, say)
        told = {"by": by, "differing": differing}
        yield say("Not equivariant: shifted by {by}, the result does not move along: {differing}.", **told)
        if not all((one / step).is_integer() for one, step in zip(shift, steps, strict=True)):
            step = f"{steps[0]:g},{steps[1]:g}"
            yield say("The shift is no whole number of the result's steps of {steps}.", steps=step)
    border = [one.pad.value for one in made if one.border.max == 0]
    if border:
        names, alone = listed(border, say=say), "" if len(border) == len(made) else say(" alone")
        yield say("At the border and the seam it is equal under {names}{alone}.", names=names, alone=alone)
    elif inside.max == 0 and made[0].border.places:
        yield say("At the border and the seam it differs under every padding.")
    if unshifted.max == 0:
        yield say("Invariant: in place, all {places} results inside are as they were.", places=places)
    elif inside.places:
        yield say("Not invariant: in place, {differing}.", differing=_differing(unshifted, unit, say))


def _differing(one: Agreement, unit: str, say: Say) -> str:
    return say(
        "{differing} of {places} results inside differ, by {error} on average (r = {r})",
        differing=f"{one.differing:,}",
        places=f"{one.places:,}",
        error=amount(one.mae, unit, say),
        r=_ratio(one),
    )
