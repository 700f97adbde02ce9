"""The pictures that a kernel is fitted to: checked, and taken apart into planes of one channel."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from convcli.choices import Edges, PadMode
from convcli.engine.arrays import Array, check_numeric
from convcli.engine.window import Window
from convcli.errors import ConvcliError, GeometryError, UsageError

__all__ = [
    "Frame",
    "Pair",
    "Plane",
    "check_targets",
    "hold_out",
    "inner_range",
    "interior",
    "read_pairs",
    "take_apart",
]

LARGEST, SMALLEST = 1e140, 1e-140
"""Sums of the squares of pixels beyond these leave float64."""


class Frame(NamedTuple):
    """How windows lie over a picture: their size and stride, and what is made up around the picture."""

    size: tuple[int, int]
    stride: tuple[int, int]
    mode: PadMode
    value: float = 0.0

    @property
    def sides(self) -> Edges:
        """Pixels made up beyond each edge: as many as keep the size, or none for ``valid``."""
        return Window.of(self.size, self.stride, mode=self.mode).padding

    @property
    def taps(self) -> int:
        """Weights of a kernel."""
        return self.size[0] * self.size[1]

    def results(self, shape: Sequence[int]) -> tuple[int, int]:
        """Return the size of the result over a picture of `shape`.

        Raises
        ------
        GeometryError
            The kernel is larger than the padded picture.
        """
        return Window(self.size, self.stride, self.sides).output_size((shape[0], shape[1]))


class Pair(NamedTuple):
    """A picture before and after, both H x W x C, and which values of the second count (None: all)."""

    image: Array
    target: Array
    mask: Array | None


class Plane(NamedTuple):
    """One channel of a pair.

    Attributes
    ----------
    image, target : (H, W) and (H', W') arrays
        Of any real type.
    keep : (H', W') array of bool or None
        Which values of the target are fitted; None is all of them.
    held : (H', W') array of bool or None
        Which are held out, to be predicted.
    """

    image: Array
    target: Array
    keep: Array | None = None
    held: Array | None = None

    @property
    def samples(self) -> int:
        """Values to be fitted."""
        return self.target.size if self.keep is None else int(np.count_nonzero(self.keep))


def read_pairs(inputs: Any, targets: Any, masks: Any) -> list[Pair]:
    """Return the checked pairs; single pictures make a list of one.

    Raises
    ------
    UsageError
        Not as many targets or masks as inputs, a mask that does not fit, elements that are no real numbers.
    GeometryError
        An array that is no picture, or pairs that differ in channels.
    ConvcliError
        NaN, infinity, or numbers too large to be squared.
    """
    befores, afters = _listed(inputs), _listed(targets)
    if len(befores) != len(afters):
        raise UsageError(
            f"{len(befores)} inputs and {len(afters)} targets make no pairs", hint="give one target per input"
        )
    chosen = [None] * len(befores) if masks is None else _listed(masks)
    if len(chosen) != len(befores):
        raise UsageError(f"{len(chosen)} masks for {len(befores)} targets", hint="give one mask per target")
    pairs = []
    for number, (before, after, mask) in enumerate(zip(befores, afters, chosen, strict=True), 1):
        which = f" {number}" if len(befores) > 1 else ""
        image, target = _picture(before, f"input{which}"), _picture(after, f"target{which}")
        if image.shape[2] != target.shape[2]:
            raise GeometryError(
                f"input{which} has {_channels(image)}, target{which} has {_channels(target)}",
                hint="convert one of them: a kernel is fitted to each channel and its own target",
            )
        pairs.append(Pair(image, target, None if mask is None else _mask(mask, target, which)))
    if len({pair.image.shape[2] for pair in pairs}) > 1:
        raise GeometryError("pairs differ in their numbers of channels", hint="convert them to the same")
    return pairs


def _listed(given: Any) -> list[Any]:
    """Return a list of arrays as it is, and one picture (nested numbers, too) as a list of one."""
    if isinstance(given, list | tuple) and given and all(isinstance(each, np.ndarray) for each in given):
        return list(given) if all(each.ndim > 1 for each in given) else [given]
    return [given]


def _picture(given: Any, what: str) -> Array:
    try:
        picture = np.asarray(given)
    except ValueError:
        raise GeometryError(f"{what} has rows of different lengths", hint="give H x W numbers") from None
    check_numeric(picture.dtype, what)
    if picture.ndim not in (2, 3) or 0 in picture.shape:
        raise GeometryError(
            f"{what} of shape {picture.shape} is not a picture", hint="give H x W or H x W x C"
        )
    if picture.dtype.kind == "f":
        low, high = float(picture.min()), float(picture.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ConvcliError(f"{what} has pixels that are not finite", hint="replace NaN and infinity")
        peak = max(-low, high)
        if peak > LARGEST or 0 < peak < SMALLEST:
            size = "large" if peak > 1 else "small"
            raise ConvcliError(f"{what} reaches {peak:g}: too {size} to be squared", hint="scale it first")
    return picture if picture.ndim == 3 else picture[:, :, None]


def _channels(picture: Array) -> str:
    return "1 channel" if picture.shape[2] == 1 else f"{picture.shape[2]} channels"


def _mask(given: Any, target: Array, which: str) -> Array:
    mask = np.asarray(given)
    if mask.dtype != np.bool_:
        raise UsageError(f"mask{which} is made of {mask.dtype}", hint="give True where a value is fitted")
    if mask.ndim == 2:
        mask = mask[:, :, None]
    if mask.ndim != 3 or mask.shape[:2] != target.shape[:2] or mask.shape[2] not in (1, target.shape[2]):
        raise UsageError(
            f"mask{which} of shape {np.shape(given)} does not fit its target of shape {target.shape}",
            hint="give one of the target's shape",
        )
    return np.broadcast_to(mask, target.shape)


def take_apart(pairs: Sequence[Pair], per_channel: bool) -> list[list[Plane]]:
    """Return the planes that share a kernel, as lists: one for each channel, or one in all."""
    channels = range(pairs[0].image.shape[2])
    planes = [
        [
            Plane(pair.image[..., c], pair.target[..., c], None if pair.mask is None else pair.mask[..., c])
            for pair in pairs
        ]
        for c in channels
    ]
    return planes if per_channel else [[plane for channel in planes for plane in channel]]


def hold_out(planes: Sequence[Plane], share: float, rng: np.random.Generator) -> Iterator[Plane]:
    """Give each value that would be fitted the chance `share` of being held out instead."""
    for plane in planes:
        drawn = np.empty(plane.target.shape, np.bool_)
        for row in drawn:
            np.less(rng.random(row.size), share, out=row)
        keep = ~drawn if plane.keep is None else plane.keep & ~drawn
        yield plane._replace(keep=keep, held=drawn if plane.keep is None else plane.keep & drawn)


def inner_range(size: int, span: int, step: int, margin: int) -> tuple[int, int]:
    """Return which results along an axis, the end excluded, lie inside by the window and the margin."""
    near, far = max((span - 1) // 2, margin), max(span // 2, margin)
    return -(-near // step), (size - 1 - far) // step + 1


def interior(plane: Plane, frame: Frame, margin: int = 0) -> Plane | None:
    """Return the part of `plane` whose windows need nothing made up, to be read with mode ``valid``.

    At least `margin` pixels on each side are no part of it. None where there is no such part.
    """
    sources, results = [], []
    for axis in (0, 1):
        before, step, span = frame.sides[axis][0], frame.stride[axis], frame.size[axis]
        first, end = inner_range(plane.image.shape[axis], span, step, margin)
        if end <= first:
            return None
        sources.append(slice(first * step - before, None))
        results.append(slice(first, end))
    into, of = (results[0], results[1]), (sources[0], sources[1])
    # Pixels beyond the last window would be counted as one more.
    image = plane.image[of][: (results[0].stop - results[0].start - 1) * frame.stride[0] + frame.size[0]]
    image = image[:, : (results[1].stop - results[1].start - 1) * frame.stride[1] + frame.size[1]]
    parts = [None if each is None else each[into] for each in (plane.keep, plane.held)]
    return Plane(image, plane.target[into], parts[0], parts[1])


def check_targets(pairs: Sequence[Pair], frame: Frame, auto: bool) -> Frame:
    """Return the frame in which every target has the size that its input makes.

    Parameters
    ----------
    auto : bool
        Whether the mode is still to be found: targets may then be of either size, and ``valid`` ones say so.

    Raises
    ------
    GeometryError
        A target of another size; the message names both, the hint what ``valid`` would make.
    """
    valid = frame._replace(mode=PadMode.VALID)
    if auto and not all(_fits(pair, frame) for pair in pairs) and all(_fits(pair, valid) for pair in pairs):
        return valid
    for number, pair in enumerate(pairs, 1):
        if not _fits(pair, frame):
            raise _unfit(pair, frame, f" {number}" if len(pairs) > 1 else "")
    return frame


def _fits(pair: Pair, frame: Frame) -> bool:
    if frame.mode is PadMode.VALID and min(_spare(pair, frame)) < 0:
        return False
    return frame.results(pair.image.shape) == pair.target.shape[:2]


def _spare(pair: Pair, frame: Frame) -> tuple[int, int]:
    return pair.image.shape[0] - frame.size[0], pair.image.shape[1] - frame.size[1]


def _unfit(pair: Pair, frame: Frame, which: str) -> GeometryError:
    valid = frame._replace(mode=PadMode.VALID)
    kernel, stride = _by(frame.size), "" if frame.stride == (1, 1) else f" with stride {_by(frame.stride)}"
    if min(_spare(pair, frame)) < 0:
        would = f"{kernel} is too large for a valid filter"
    elif frame.mode is PadMode.VALID:
        padded = frame._replace(mode=PadMode.ZERO)
        would = f"with a border made up it would be {_by(padded.results(pair.image.shape))}"
    else:
        would = f"a valid filter would make {_by(valid.results(pair.image.shape))}"
    makes = "nothing"
    if frame.mode is not PadMode.VALID or min(_spare(pair, frame)) >= 0:
        makes = _by(frame.results(pair.image.shape))
    return GeometryError(
        f"target{which} is {_by(pair.target.shape)}, but a {kernel} kernel{stride} makes {makes} "
        f"of its input of {_by(pair.image.shape)}",
        hint=would,
    )


def _by(shape: Sequence[int]) -> str:
    return f"{shape[0]}x{shape[1]}"
