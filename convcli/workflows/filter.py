"""What happens after ``convcli filter``: read, slide, to pixels, write, report."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from convcli.engine.plan import Plan, plan
from convcli.errors import OutputError
from convcli.imaging import colour
from convcli.imaging.atomic import write_bytes
from convcli.imaging.image import Image, Space
from convcli.imaging.read import read
from convcli.imaging.write import encode
from convcli.specs import FilterSpec, ReadSpec, WriteSpec
from convcli.vocab import Depth, RangeMode
from convcli.workflows.batch import STDIN, STDOUT, Batch, Outcome, Source, check_inputs, over, read_stdin
from convcli.workflows.feature_maps import Bank, bank, feature_maps
from convcli.workflows.naming import Naming, Target
from convcli.workflows.results import Result, as_channels, develop, figures

__all__ = ["filter_files"]


def filter_files(
    inputs: Sequence[str],
    kernels: Sequence[str],
    spec: FilterSpec,
    reading: ReadSpec,
    writing: WriteSpec,
    *,
    details: bool = False,
) -> Batch:
    """Filter each input with `kernels`, SPECs as ``-k`` takes them.

    Whatever is wrong for every input is raised at once; what is wrong with one becomes its outcome. With
    `details`, outcomes carry the plan and the figures of their results.

    Raises
    ------
    UsageError, KernelError
        The options, kernels and names do not go together.
    """
    check_inputs(inputs, kernels)
    slides = bank(kernels, spec)
    count = None if reading.recursive else len(inputs)
    floats = spec.depth is Depth.FLOAT or spec.range is RangeMode.RAW
    naming = Naming(writing, count, inputs, floats=floats)

    def work(source: Source) -> Outcome:
        start = time.perf_counter()
        image = _read(source, reading)
        targets = naming.targets(source, slides.labels, image.format)
        before = _gray(image) if spec.gray else image
        maps = [feature_maps(frame, before.space, slides, spec) for frame in before.frames]
        results = [
            develop(before, of_map, spec, targets[min(index, len(targets) - 1)].format)
            for index, of_map in enumerate(zip(*maps, strict=True))
        ]
        if len(results) > 1:
            results = [result.of(label) for result, label in zip(results, slides.labels, strict=True)]
        done = _write(source, results, targets, spec, writing)
        done = done._replace(notes=tuple(dict.fromkeys((*image.notes, *done.notes))))
        if not details:
            return done
        plans = list(_plans(before, slides, spec))
        report = {
            "input": source.path,
            "output": done.outputs[0] if len(done.outputs) == 1 else list(done.outputs),
            "kernel": slides.names[0] if len(slides.names) == 1 else list(slides.names),
            "pad": spec.pad.value,
            "size_in": list(image.frames[0].size),
            "size_out": list(results[0].image.frames[0].size),
            "channels": sum(result.image.frames[0].channels for result in results),
            "depth": _depth(results[0].image),
            "method": "+".join(dict.fromkeys(chosen.method.value for _, chosen in plans)),
            "seconds": round(time.perf_counter() - start, 6),
            **figures([found.values for of_frame in maps for found in of_frame]),
            "clipped": sum(result.clipped for result in results),
        }
        lines = [f"{name}: {chosen.method}: {chosen.reason}" for name, chosen in plans]
        return done._replace(report=report, details=tuple(dict.fromkeys(lines)))

    return Batch(over(inputs, reading, work), count, naming.to_stdout)


def _read(source: Source, reading: ReadSpec) -> Image:
    content = read_stdin() if source.path == STDIN else source.path
    return read(content, name=source.name, frame=reading.frame, max_pixels=reading.max_pixels)


def _gray(image: Image) -> Image:
    frames = tuple(colour.gray(frame, image.space) for frame in image.frames)
    return replace(image, frames=frames, space=Space.DATA if image.space is Space.DATA else Space.GRAY)


def _write(
    source: Source, results: Sequence[Result], targets: Sequence[Target], spec: FilterSpec, writing: WriteSpec
) -> Outcome:
    """Encode everything before the first file is touched, so that a failure leaves none of them."""
    strict = spec.depth is Depth.SIXTEEN
    files = results if len(results) == len(targets) else [as_channels(results)]
    encoded = [
        encode(result.image, target.format, compress=writing.compress, strict_depth=strict)
        for result, target in zip(files, targets, strict=True)
    ]
    notes = [
        note for result, made in zip(files, encoded, strict=True) for note in (*result.notes, *made.notes)
    ]
    if targets[0].path == STDOUT:
        return Outcome(input=source.path, data=encoded[0].data, notes=tuple(notes))
    for made, target in zip(encoded, targets, strict=True):
        if writing.out_dir is not None:
            _make_folder(os.path.dirname(target.path))
        write_bytes(target.path, made.data)
    return Outcome(input=source.path, outputs=tuple(target.path for target in targets), notes=tuple(notes))


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder or os.curdir, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "it failed").lower()
        raise OutputError(
            f"folder {folder!r} cannot be made: {reason}", hint="choose another --out-dir"
        ) from error


def _plans(image: Image, slides: Bank, spec: FilterSpec) -> Iterator[tuple[str, Plan]]:
    frame = image.frames[0]
    for found in slides.kernels:
        for weights in found.components:
            flat = weights if weights.ndim == 2 else weights[0]
            yield (
                found.name,
                plan(flat, frame.pixels.shape, frame.pixels.dtype, spec.stride, spec.dilation, spec.method),
            )


def _depth(image: Image) -> str:
    return "float" if image.dtype.kind == "f" else str(8 * image.dtype.itemsize)
