"""What happens after ``convcli compare``: read, run every padding, measure, draw, report."""

import os
import time
from collections.abc import Iterator, Sequence

from convcli.choices import STDOUT
from convcli.commands.compare.outputs import Places, check_places, drawn
from convcli.commands.compare.report import comparison_json, comparison_table, one_line, study, tally_table
from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.subject import Seen, Subject, look, subject_of
from convcli.imaging.reading.read import read
from convcli.options.specs import ReadSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, run_each
from convcli.pipeline.process import read_source
from convcli.stacks.convolutions import Conv, KernelConv
from convcli.stacks.paddings.affected_border import affected
from convcli.stacks.paddings.compare_stack import Compared, compare_stack
from convcli.stacks.paddings.placing import check_inside, find_inside, frame
from convcli.stacks.paddings.tally import Tally
from convcli.stacks.stack import Stack

__all__ = ["compare_files"]

STAGES = 6
"""How many layers the page has at most."""


def compare_files(
    inputs: Sequence[str],
    spec: CompareSpec,
    reading: ReadSpec,
    *,
    output: str | None = None,
    html: str | None = None,
    summary: bool = True,
) -> Batch:
    """Compare the padding modes on each input; with several, a last outcome has the table over all."""
    check_inputs(inputs, [spec.kernel or ""])
    count = None if reading.recursive else len(inputs)
    places = Places(output, html)
    check_places(places, spec, count)
    subject = subject_of(spec)
    tally = Tally()

    def work(source: Source) -> Outcome:
        start = time.perf_counter()
        image = read_source(source, reading)
        found = look(image, subject, gray=spec.gray)
        if spec.bias_map or spec.shift is not None:
            from convcli.commands.compare.trials import biased, shifted

            outcome = (
                biased(source, found, subject, spec, places.output)
                if spec.bias_map
                else shifted(source, found, subject, spec)
            )
        else:
            outcome = _compared(source, found, subject, spec, reading, places, tally, alone=count == 1)
        head = {"input": source.path, "kernel": spec.kernel, "stack": spec.stack, "layers": spec.layers}
        if subject.of_kernel:
            del head["stack"]
        else:
            del head["kernel"], head["layers"]
        report = {**head, **outcome.report, "seconds": round(time.perf_counter() - start, 6)}
        return outcome._replace(report=report, notes=(*found.notes, *outcome.notes))

    def outcomes() -> Iterator[Outcome]:
        yield from run_each(inputs, reading, work)
        if count != 1 and summary and tally.pictures:
            measured = spec.crop is not None
            title = f"{tally.pictures} pictures, {subject.name}"
            yield Outcome(input="", table=tally_table(tally, title, measured=measured))

    return Batch(outcomes(), count, STDOUT in places)


def _compared(
    source: Source,
    found: Seen,
    subject: Subject,
    spec: CompareSpec,
    reading: ReadSpec,
    places: Places,
    tally: Tally,
    *,
    alone: bool,
) -> Outcome:
    size = found.frame.size
    x, larger, offset = found.planes, None, (0, 0)
    if spec.crop is not None:
        rows, columns = frame(size, spec.crop)
        x, larger, offset = x[:, rows, columns], found.planes, (spec.crop, spec.crop)
        where = f"{_sized(size)} pixels, cut by {spec.crop} on each side to {_sized(x.shape[1:])}"
    elif spec.truth is not None:
        beyond = read(spec.truth, frame=reading.frame, max_pixels=reading.max_pixels)
        larger = look(beyond, subject, gray=spec.gray).planes
        offset = spec.offset if spec.offset is not None else find_inside(x, larger)
        check_inside(x, larger, offset)
        name = os.path.basename(spec.truth)
        where = (
            f"{_sized(size)} pixels, cut from {name} ({_sized(larger.shape[1:])}) at {offset[0]},{offset[1]}"
        )
    else:
        where = f"{_sized(size)} pixels; the truth beyond them is not known (--crop N makes it known)"

    def compare(stack: Stack) -> Compared:
        return compare_stack(
            stack,
            x,
            larger=larger,
            offset=offset,
            pad_value=spec.pad_value,
            peak=found.peak,
            keep=any(places),
            jobs=spec.jobs,
        )

    compared = compare(subject.stack)
    tally.add(compared.modes, compared.peak, measured=compared.measured)
    title = f"{os.path.basename(source.name)}, {subject.name}"
    facts = [where, _layers(subject, spec, compared)]
    table = comparison_table(title, facts, compared, found.quantum) if alone else None
    report = {**comparison_json(compared, found.quantum), "crop": spec.crop, **places._asdict()}
    outcome = Outcome(input=source.path, details=(one_line(compared),), report=report, table=table)
    if not any(places):
        return outcome
    studies = [study(title, facts, compared, found.quantum, _stage(subject.stack, len(subject.stack.layers)))]
    if places.html is not None:
        for count in _stages(subject.stack, (x.shape[1], x.shape[2])):
            part = subject.stack._replace(layers=subject.stack.layers[:count])
            earlier = compare(part)
            lines = [where, _layers(subject._replace(stack=part), spec, earlier)]
            studies.insert(-1, study(title, lines, earlier, found.quantum, _stage(part, count)))
    made = drawn(source, studies, places)
    return outcome._replace(outputs=made.outputs, data=made.data)


def _stages(stack: Stack, size: tuple[int, int]) -> list[int]:
    """Return after how many layers the page looks too, besides after the last: convolutions with a border."""
    counts = [
        index
        for index, layer in enumerate(stack.layers[:-1], 1)
        if isinstance(layer, Conv | KernelConv)
        and any(affected(stack._replace(layers=stack.layers[:index]), size))
    ]
    room = STAGES - 1
    return counts if len(counts) <= room else [counts[at * len(counts) // room] for at in range(room)]


def _stage(stack: Stack, count: int) -> str:
    return f"layer {count}: {stack.layers[-1].name}"


def _layers(subject: Subject, spec: CompareSpec, compared: Compared) -> str:
    """Say what the layers are, and how deep their border is."""
    count = len(subject.stack.layers)
    parts = [f"{count} layer{'s' if count > 1 else ''}"]
    first = subject.stack.layers[0]
    if subject.of_kernel and isinstance(first, KernelConv):
        rows, columns = first.kernels[0].shape[-2:]
        parts.append(f"kernel of {columns} x {rows}")
        for name, pair in (("stride", spec.stride), ("dilation", spec.dilation)):
            if pair != (1, 1):
                parts.append(f"{name} {pair[0] if pair[0] == pair[1] else f'{pair[0]}x{pair[1]}'}")
    result = _sized(compared.truth.shape[:2])
    top, bottom, left, right = compared.band
    deep = (
        str(top) if len({*compared.band}) == 1 else f"{top} top, {bottom} bottom, {left} left, {right} right"
    )
    return f"{', '.join(parts)}; result {result}, border band {deep} deep"


def _sized(shape: Sequence[int]) -> str:
    """Write rows and columns as width x height."""
    return f"{shape[1]} x {shape[0]}"
