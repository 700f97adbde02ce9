"""The pictures that a kernel is fitted to: checks, and their split into planes of one channel."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from convcli.engine.arrays import Array, as_array, as_picture
from convcli.engine.window import Axis, Window
from convcli.errors import ConvcliError, GeometryError, UsageError
from convcli.limits import LEARNED_WEIGHTS
from convcli.parsing import as_pair

__all__ = [
    "Plane",
    "TrainingPair",
    "check_size",
    "hold_out",
    "inner_outputs",
    "interiors",
    "read_pairs",
    "split_channels",
]

# Largest and smallest peak magnitude of a picture: sums of squares stay within the range of float64.
MAX_MAGNITUDE, MIN_MAGNITUDE = 1e140, 1e-140


class TrainingPair(NamedTuple):
    """An input and its target, both H x W x C, and the mask of target values that are fitted (None: all)."""

    image: Array
    target: Array
    mask: Array | None


class Plane(NamedTuple):
    """One channel of a pair.

    Attributes
    ----------
    image, target : (H, W) and (H', W') arrays
        Pixels of any real type.
    keep : (H', W') array of bool or None
        True where the target is fitted; None is everywhere.
    held : (H', W') array of bool or None
        True where the target is held out for validation.
    """

    image: Array
    target: Array
    keep: Array | None = None
    held: Array | None = None

    @property
    def samples(self) -> int:
        """Number of values to be fitted."""
        return self.target.size if self.keep is None else int(np.count_nonzero(self.keep))


def read_pairs(inputs: Any, targets: Any, masks: Any) -> list[TrainingPair]:
    """Return the checked pairs; single pictures make a list of one."""
    befores, afters = _as_list(inputs), _as_list(targets)
    if len(befores) != len(afters):
        raise UsageError(
            f"{len(befores)} inputs and {len(afters)} targets make no pairs", hint="give one target per input"
        )
    chosen = [None] * len(befores) if masks is None else _as_list(masks)
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
        pairs.append(TrainingPair(image, target, None if mask is None else _mask(mask, target, which)))
    if len({pair.image.shape[2] for pair in pairs}) > 1:
        raise GeometryError("pairs differ in their numbers of channels", hint="convert them to the same")
    return pairs


def _as_list(given: Any) -> list[Any]:
    """Return a list of arrays as it is, and one picture (nested lists, too) as a list of one."""
    if isinstance(given, list | tuple) and given and all(isinstance(each, np.ndarray) for each in given):
        return list(given) if all(each.ndim > 1 for each in given) else [given]
    return [given]


def _picture(given: Any, what: str) -> Array:
    picture = as_picture(given, what)
    if picture.dtype.kind == "f":
        low, high = float(picture.min()), float(picture.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ConvcliError(f"{what} has pixels that are not finite", hint="replace NaN and infinity")
        peak = max(-low, high)
        if peak > MAX_MAGNITUDE or 0 < peak < MIN_MAGNITUDE:
            size = "large" if peak > 1 else "small"
            raise ConvcliError(f"{what} reaches {peak:g}: too {size} to be squared", hint="scale it first")
    return picture if picture.ndim == 3 else picture[:, :, None]


def _channels(picture: Array) -> str:
    return "1 channel" if picture.shape[2] == 1 else f"{picture.shape[2]} channels"


def _mask(given: Any, target: Array, which: str) -> Array:
    mask = as_array(given, f"mask{which}")
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


def split_channels(pairs: Sequence[TrainingPair], per_channel: bool) -> list[list[Plane]]:
    """Return the planes grouped by kernel: a group for each channel, or one group of all."""
    channels = [
        [
            Plane(pair.image[..., c], pair.target[..., c], None if pair.mask is None else pair.mask[..., c])
            for pair in pairs
        ]
        for c in range(pairs[0].image.shape[2])
    ]
    return channels if per_channel else [[plane for planes in channels for plane in planes]]


def hold_out(planes: Sequence[Plane], share: float, rng: np.random.Generator) -> Iterator[Plane]:
    """Hold out each fitted value with probability `share`."""
    for plane in planes:
        drawn = np.empty(plane.target.shape, np.bool_)
        for row in drawn:
            np.less(rng.random(row.size), share, out=row)
        keep = ~drawn if plane.keep is None else plane.keep & ~drawn
        yield plane._replace(keep=keep, held=drawn if plane.keep is None else plane.keep & drawn)


def inner_outputs(axis: Axis, n: int, margin: int) -> tuple[int, int]:
    """Return the outputs, the end excluded, whose windows read no padding and that lie outside the margin."""
    low, high = max(axis.low, margin), max(axis.high, margin)
    return -(-low // axis.stride), (n - 1 - high) // axis.stride + 1


def interiors(planes: Sequence[Plane], window: Window, margin: int = 0) -> list[Plane]:
    """Return the parts of the planes whose windows read no padding, so that ``valid`` gives their targets.

    Outputs within `margin` pixels of an edge are left out too, as are planes of which nothing remains.
    """
    return [inner for plane in planes if (inner := _interior(plane, window, margin)) is not None]


def _interior(plane: Plane, window: Window, margin: int) -> Plane | None:
    read, made = [], []
    for axis, n in zip(window.axes, plane.image.shape, strict=True):
        first, end = inner_outputs(axis, n, margin)
        if end <= first:
            return None
        start, stop = axis.reads(first, end)
        read.append(slice(start - axis.low, stop - axis.low))
        made.append(slice(first, end))
    outputs = (made[0], made[1])
    keep, held = (None if each is None else each[outputs] for each in (plane.keep, plane.held))
    return Plane(plane.image[read[0], read[1]], plane.target[outputs], keep, held)


def check_size(size: object) -> tuple[int, int]:
    """Return the kernel size as ``(rows, columns)``; refuse more weights than can be fitted."""
    if isinstance(size, str):
        raise UsageError(f"size {size!r} is not a size", hint="give an int, (rows, columns) or 'auto'")
    rows, columns = as_pair(size, "size")
    if rows * columns > LEARNED_WEIGHTS.most:
        raise UsageError(
            f"size {rows}x{columns} has {rows * columns} weights",
            hint=f"at most {LEARNED_WEIGHTS.most} can be fitted, such as 64x64",
        )
    return rows, columns
