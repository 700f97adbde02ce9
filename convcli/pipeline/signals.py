"""Kernels and windows along signals: arrays of one axis, which are held as pictures of one row.

The rule, for all commands: whatever slides along a signal has one row. One number is a size or a padding
along the signal. A kernel of several rows is taken as the sum of its rows, as if all rows beside the signal
were the signal itself: a Gaussian becomes the Gaussian of one axis, a Laplacian ``1 -2 1``.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from convcli.choices import STDIN, PadMode
from convcli.display.words import listed, number, size
from convcli.errors import GeometryError, KernelError, shown
from convcli.imaging.image import Image
from convcli.kernels.analysis import ZERO_SUM, rank
from convcli.kernels.kernel import Kernel
from convcli.options.option_groups import Options
from convcli.options.specs import FilterSpec
from convcli.pipeline.loaded_kernels import LoadedKernels

__all__ = ["along_signal", "for_image", "may_be_signal", "one_axis", "one_row"]

S = TypeVar("S", bound=Options)

# Suffixes of the files that may hold signals.
ARRAYS = (".npy", ".npz", ".csv", ".tsv", ".json")

# Weights up to which the sum of a kernel's rows is written out.
WRITTEN_OUT = 7

# Distance from 1 that a sum of weights is taken for 1 within: rounding.
SUM_OF_ONE = 1e-9


def for_image(image: Image, slides: LoadedKernels, spec: S) -> tuple[LoadedKernels, S]:
    """Return kernels and options as `image` takes them: as they are, unless it is a signal."""
    return along_signal(slides, spec) if image.signal else (slides, spec)


def along_signal(slides: LoadedKernels, spec: S) -> tuple[LoadedKernels, S]:
    """Return kernels and options as a signal takes them; notes of the kernels say what is not as usual."""
    kernels, *passed = (
        tuple(_centred(one_row(found), spec) for found in path)
        for path in (slides.kernels, *slides.alpha_kernels)
    )
    return slides._replace(kernels=kernels, alpha_kernels=tuple(passed)), one_axis(spec)


def may_be_signal(path: str) -> bool:
    """Whether an input that is not read yet may be a signal: stdin, or an array by its suffix."""
    return path == STDIN or any(kind in path.lower() for kind in ARRAYS)


def one_axis(spec: S) -> S:
    """Return options with windows of one row, and no padding above and below it.

    One number, or the same for rows and columns, is that along the signal; rows of another number are an
    error.
    """
    changes = dict[str, object]()
    window, padding = getattr(spec, "size", None), getattr(spec, "padding", None)
    if isinstance(window, tuple) and not getattr(spec, "whole", False):
        if window[0] not in (1, window[1]):
            raise GeometryError(
                f"--size {window[0]}x{window[1]} has {window[0]} rows, and a signal has one",
                hint=f"write --size {max(window)}",
            )
        changes["size"] = (1, window[1])
    if isinstance(padding, tuple):
        above, beside = padding
        if above not in ((0, 0), beside) or (above != (0, 0) and beside[0] != beside[1]):
            sides = ",".join(map(str, (*above, *beside)))
            raise GeometryError(
                f"--padding {sides} adds rows to a signal, which has one",
                hint=f"write --padding 0,0,{beside[0]},{beside[1]}",
            )
        changes["padding"] = ((0, 0), beside)
    return spec.replace(**changes)


def one_row(found: Kernel) -> Kernel:
    """Return the kernel with the sum of its rows in their place.

    A note says so, unless it is separable and its sum is 1: then the row is what it is a product of.
    """
    rows, columns = found.components[0].shape[-2:]
    if all(part.shape[-2] == 1 for part in found.components):
        return found
    if rows > 1 == columns:
        weights = " ".join(number(value) for value in found.components[0].ravel()[:3].tolist())
        raise KernelError(
            f"kernel {shown(found.name)} is a column of {rows}, and a signal is a row",
            hint=f"write it as one row, such as '{weights}'",
        )
    parts = tuple(map(_summed, found.components))
    if all(rank(part) == 1 and abs(part.sum() - 1) < SUM_OF_ONE for part in found.components):
        return replace(found, components=parts)
    sums = listed([_written(part) for part in parts[:8]])
    said = f"kernel {shown(found.name)}: along a signal its {rows} rows are added up, to {sums}"
    return replace(found, components=parts, notes=(*found.notes, said))


def _summed(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of the rows; what is only their rounding is 0."""
    total, magnitude = (each.sum(axis=-2, keepdims=True) for each in (part, np.abs(part)))
    return np.where(np.abs(total) < ZERO_SUM * magnitude, 0.0, total)


def _written(row: NDArray[np.float64]) -> str:
    """Write a row out, or its size and sum where it is long."""
    if row.any() and row.size > WRITTEN_OUT:
        return f"{size(row.shape)} with the sum {number(float(row.sum()), 4)}"
    return " ".join(number(value, 4) for value in row.ravel().tolist()) if row.any() else "zeros"


def _centred(found: Kernel, spec: Options) -> Kernel:
    """Return the kernel with a note where NumPy centres ``same`` otherwise: an even one of a convolution."""
    if not isinstance(spec, FilterSpec) or not spec.convolve or spec.padding != "same":
        return found
    reach = spec.dilation[1] * (found.components[0].shape[-1] - 1)
    if reach % 2 == 0 or spec.pad is PadMode.VALID:
        return found
    note = (
        "same puts an even kernel's extra sample after the signal, np.convolve before it: "
        f"--padding 0,0,{reach - reach // 2},{reach // 2} does as np.convolve"
    )
    return replace(found, notes=(*found.notes, note))
