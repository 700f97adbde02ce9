"""``convcli learn``: read pairs of pictures, fit a kernel, recognise it, write it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Group

from convcli.commands.learn.report import FitReport, PicturePair, border_name, report
from convcli.commands.learn.sheet import sheet
from convcli.commands.learn.spec import LearnSpec, Reading
from convcli.display.language import Say, say_english
from convcli.engine.fitting.fit import Fit, fit_kernel
from convcli.engine.fitting.target_sizes import TargetSizeError
from convcli.errors import ConvcliError, GeometryError, UsageError
from convcli.imaging import colour
from convcli.imaging.image import Frame, Image, full_scale
from convcli.kernels.files.export import Exported, export_kernel, file_suffix
from convcli.kernels.kernel import Kernel
from convcli.kernels.recognition.recognise import Recognised, recognise
from convcli.options.specs import ReadSpec
from convcli.pipeline.batch import Source, check_inputs, refuse_inputs
from convcli.pipeline.inputs import read_source
from convcli.pipeline.naming import file_in
from convcli.pipeline.outcome import layout_hint
from convcli.pipeline.signals import one_axis
from convcli.stores.urls import public

__all__ = ["STEPS", "Learned", "learn"]

Array = NDArray[Any]

# Default number of steps of descent, that of `fit_kernel`, for the progress bar.
STEPS = 1000


class Learned(NamedTuple):
    """The printed report, and the kernel file (None where none was asked for).

    `sheet` is printed, `report` is the JSON object; `notes` are about the inputs, `details` for --verbose.
    """

    sheet: Group
    report: dict[str, Any]
    notes: tuple[str, ...]
    details: tuple[str, ...]
    exported: Exported | None


@np.errstate(all="ignore")
def learn(
    files: Sequence[str],
    spec: LearnSpec,
    reading: Reading,
    *,
    output: str | None = None,
    format: str | None = None,
    force: bool = False,
    watch: Callable[[int, float], None] | None = None,
    say: Say = say_english,
) -> Learned:
    """Fit a kernel to pairs of files (input, target), recognise it, and write it.

    Parameters
    ----------
    files
        INPUT TARGET [INPUT TARGET ...]; one of them may be ``-``.
    output, format
        Where the kernel is written, and as what; nowhere if neither is given.
    force
        Whether the kernel may replace an input.
    watch
        Called with the number and the loss of each step of descent.
    say
        Says what is printed.
    """
    if len(files) % 2:
        raise UsageError(
            f"learn takes pairs, and got {len(files)} file{'s' if len(files) > 1 else ''}",
            hint="give INPUT TARGET, or INPUT TARGET INPUT TARGET and so on",
        )
    check_inputs(files)
    output = file_in(output, f"kernel{file_suffix(None, format)}", files[0], force=force)
    refuse_inputs([output], files, force=force)
    saves = output is not None or format is not None
    if saves:
        file_suffix(output, format)
    names = zip(files[::2], files[1::2], strict=True)
    how = ReadSpec(**vars(reading))
    pairs = tuple(_pair(before, after, spec, how) for before, after in names)
    if any(pair.signal for pair in pairs):
        spec = one_axis(spec)
    start = time.perf_counter()
    found = _fit(pairs, spec, watch)
    seconds = time.perf_counter() - start
    fitted = FitReport(pairs, found, tuple(_known(found)), spec, reading, output, seconds)
    exported = export_kernel(_kernel(found, pairs), output=output, format=format) if saves else None
    notes = tuple(dict.fromkeys(note for pair in pairs for note in pair.notes))
    count = found.weights.size + (found.bias.size if spec.bias else 0)
    details = (f"{found.method}: {count} unknowns of {found.samples} values, {seconds:.2f} s",)
    return Learned(sheet(fitted, say), report(fitted), notes, details, exported)


def _pair(before: str, after: str, spec: LearnSpec, reading: ReadSpec) -> PicturePair:
    sources = (Source(before), Source(after))
    images = [read_source(source, reading) for source in sources]
    notes = []
    for source, image in zip(sources, images, strict=True):
        clear = ["transparency is left out: the colours alone are fitted"] if image.has_alpha else []
        notes += [f"{source.name}: {note}" for note in (*image.notes, *clear)]
    counts = [len(image.frames) for image in images]
    if counts[0] != counts[1]:
        raise GeometryError(
            f"{sources[0].name!r} has {counts[0]} frames, {sources[1].name!r} has {counts[1]}",
            hint="choose one of each with --frame N",
        )
    inputs, targets = ([_pixels(frame, image, spec) for frame in image.frames] for image in images)
    channels = [1 if one[0].ndim == 2 else one[0].shape[2] for one in (inputs, targets)]
    if channels[0] != channels[1]:
        said = " and ".join(
            f"{source.name!r} has {_channels(count)}" for source, count in zip(sources, channels, strict=True)
        )
        hint = "add --gray, which makes grey of colours, or give both alike"
        raise GeometryError(said, hint=layout_hint(notes, hint))
    signal = images[0].signal or images[1].signal
    return PicturePair(before, after, tuple(inputs), tuple(targets), tuple(notes), signal)


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _pixels(frame: Frame, image: Image, spec: LearnSpec) -> Array:
    return colour.gray(frame, image.space_of(frame)).pixels if spec.gray else frame.pixels


def _fit(pairs: Sequence[PicturePair], spec: LearnSpec, watch: Callable[[int, float], None] | None) -> Fit:
    inputs = [array for pair in pairs for array in pair.inputs]
    targets = [array for pair in pairs for array in pair.targets]
    if not spec.per_channel and all(map(_has_equal_channels, (*inputs, *targets))):
        # Each value would count once for each channel, and its rounding error, too.
        inputs, targets = ([np.atleast_3d(each)[..., 0] for each in one] for one in (inputs, targets))
    masks = None if spec.keep_saturated else [_unsaturated(target) for target in targets]
    if masks is not None and all(mask.all() for mask in masks):
        masks = None
    elif masks is not None and not any(mask.any() for mask in masks):
        raise ConvcliError(
            f"{Source(pairs[0].target).name!r}: every value is black or white, and may have been cut",
            hint="add --keep-saturated to fit them all the same",
        )
    try:
        return fit_kernel(inputs, targets, spec.size, masks=masks, watch=watch, **spec.fit_options())
    except ConvcliError as error:
        if isinstance(error, TargetSizeError) and len(targets) == len(pairs):
            error.message = f"{Source(pairs[error.number - 1].target).name!r}: {error.message}"
        elif isinstance(error, GeometryError) and len(targets) == 1:
            error.message = f"{Source(pairs[0].target).name!r}: {error.message}"
        raise


def _has_equal_channels(pixels: Array) -> bool:
    return pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())


def _unsaturated(target: Array) -> NDArray[np.bool_]:
    """Return which samples are neither black nor white: those may have been clipped."""
    if target.dtype.kind == "f":
        return np.ones(target.shape, bool)
    return np.asarray((target > 0) & (target < full_scale(target.dtype)))


def _known(found: Fit) -> Iterator[Recognised | None]:
    planes, errors = (array.reshape(-1, *found.size) for array in (found.weights, found.errors))
    if not found.unique:
        yield from [None] * len(planes)
        return
    for plane, error in zip(planes, errors, strict=True):
        if found.convolve:
            plane, error = plane[::-1, ::-1], error[::-1, ::-1]
        yield recognise(plane, error)


def _kernel(found: Fit, pairs: Sequence[PicturePair]) -> Kernel:
    """Return the kernel to be written; one per channel becomes C x C x kh x kw, 0 between channels."""
    source = f"convcli learn {public(pairs[0].input)} {public(pairs[0].target)}; border: {border_name(found)}"
    weights = found.weights
    if weights.ndim == 3:
        weights = np.einsum("oc,cij->ocij", np.eye(len(weights)), weights)
    bias = [float(value) for value in np.ravel(found.bias)]
    return Kernel.of(weights, name="learned", bias=bias, source=source)
