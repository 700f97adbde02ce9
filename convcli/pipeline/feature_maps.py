"""From one frame to its feature maps: which kernels slide over which numbers, and in which order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import AlphaMode, Combine
from convcli.engine.arrays import fits_short
from convcli.engine.correlation.combine import combine
from convcli.engine.correlation.correlate import correlate_window
from convcli.engine.layers.conv2d import conv2d_window
from convcli.errors import GeometryError, UsageError
from convcli.imaging.image import Frame, Space
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import FilterSpec
from convcli.pipeline.lazy_rows import Banded
from convcli.pipeline.linear_and_alpha import sampled_alpha, through
from convcli.pipeline.results import BandedMap, FeatureMap

__all__ = ["Bank", "banded_maps", "bank", "feature_maps"]

Array = NDArray[Any]

LARGE = 1 << 18
"""Numbers of a picture from which on its maps may exist some rows at a time."""


class Bank(NamedTuple):
    """The kernels of one command, ready to slide, and a word for each map that they give.

    Attributes
    ----------
    kernels
        Normalised and rotated as asked.
    labels
        One for each feature map, all different: they name files.
    names
        The SPEC behind each map.
    behind
        The kernels that the picture passes, one after the other, on the way to each map.
    """

    kernels: tuple[Kernel, ...]
    labels: tuple[str, ...]
    names: tuple[str, ...]
    behind: tuple[tuple[Kernel, ...], ...]


def bank(specs: Sequence[str], spec: FilterSpec) -> Bank:
    """Read the kernels of a command.

    Raises
    ------
    KernelError
        One of them is unknown, malformed or not finite.
    UsageError
        A chain is asked of a kernel that gives several maps.
    """
    kernels = []
    for text in specs:
        found = kernel(text)
        if spec.normalize:
            found = found.normalized()
        kernels.append(found.rotated() if spec.convolve else found)
    if spec.chain:
        for found in kernels:
            if len(found.components) > 1 and not _joins(found, spec.combine):
                raise UsageError(
                    f"kernel {found.name!r} gives {len(found.components)} feature maps",
                    hint="--chain needs kernels that give one",
                )
    if spec.chain or spec.combine not in (None, Combine.NONE):
        label = "-".join(found.stem for found in kernels)
        passed = tuple(kernels) if spec.chain else (kernels[0],)
        return Bank(tuple(kernels), (label,), (" ".join(specs),), (passed,))
    labels, names, behind = [], [], []
    for text, found in zip(specs, kernels, strict=True):
        count = 1 if _joins(found, spec.combine) else len(found.components)
        labels += [found.stem] if count == 1 else [f"{found.stem}-{index}" for index in range(count)]
        names += [text] * count
        behind += [(found,)] * count
    return Bank(tuple(kernels), tuple(_different(labels)), tuple(names), tuple(behind))


def _different(labels: Sequence[str]) -> list[str]:
    twice = {label for label in labels if labels.count(label) > 1}
    seen: dict[str, int] = {}
    different = []
    for label in labels:
        if label in twice:
            seen[label] = seen.get(label, 0) + 1
            label = f"{label}-{seen[label]}"
        different.append(label)
    return different


def feature_maps(frame: Frame, space: Space, kernels: Bank, spec: FilterSpec) -> list[FeatureMap]:
    """Slide the kernels over a frame.

    Raises
    ------
    GeometryError
        A kernel does not fit the picture or its channels.
    ImageError
        Linear light is asked of a picture that has none.
    """
    if frame.alpha is not None and spec.alpha is AlphaMode.FILTER:
        _check_transparency(kernels)
    recipes = _recipes(kernels.kernels, spec)

    def slide(pixels: Array, beyond: float | None) -> list[Array]:
        how = replace(spec, pad_value=beyond)
        if not spec.chain:
            return [_map(pixels, recipe, how) for recipe in recipes]
        for recipe in recipes:
            pixels = _map(pixels, recipe, how)
        return [pixels]

    def sample(alpha: Array) -> list[Array]:
        return [_sampled(alpha, found, spec) for found in kernels.behind]

    colours = spec.combine is not Combine.ORIENTATION
    maps = through(frame, space, spec, slide, sample, colours=colours)
    if spec.bias:
        for one in maps:
            np.add(one.values, spec.bias, out=one.values)
    return maps


def banded_maps(frame: Frame, kernels: Bank, spec: FilterSpec) -> list[BandedMap] | None:
    """Return the same, to be computed some rows at a time; None where that is not possible, or does not pay.

    Raises
    ------
    GeometryError
        A kernel does not fit the picture.
    """
    alpha = None if spec.alpha is AlphaMode.DROP else frame.alpha
    filtered = alpha is not None and spec.alpha is AlphaMode.FILTER
    if filtered or spec.linear or spec.chain or frame.pixels.size < LARGE:
        return None
    maps = []
    for recipe, passed in zip(_recipes(kernels.kernels, spec), kernels.behind, strict=True):
        shapes = {weights.shape for weights, _ in recipe.slides}
        sizes = {spec.window(shape).output_size(frame.size) for shape in shapes}
        if len(sizes) > 1 or any(len(shape) == 3 for shape in shapes):
            return None  # sums over channels, or results that do not combine, which will be said
        clear = None if alpha is None else _sampled(alpha, passed, spec)
        maps.append(BandedMap(_banded(frame.pixels, recipe, sizes.pop(), spec), clear))
    return maps


class Recipe(NamedTuple):
    """How one feature map is made: weights with their biases, and how their results become one (or None)."""

    slides: tuple[tuple[Array, float], ...]
    how: Combine | None


def _recipes(kernels: Sequence[Kernel], spec: FilterSpec) -> list[Recipe]:
    slides = [tuple(zip(found.components, found.bias, strict=True)) for found in kernels]
    if spec.combine not in (None, Combine.NONE):
        return [Recipe(tuple(one for some in slides for one in some), spec.combine)]
    recipes = []
    for found, some in zip(kernels, slides, strict=True):
        if _joins(found, spec.combine):
            recipes.append(Recipe(some, found.combine))
        else:
            recipes += [Recipe((one,), None) for one in some]
    return recipes


def _check_transparency(kernels: Bank) -> None:
    for found in kernels.kernels:
        if found.components[0].ndim == 3:
            raise GeometryError(
                f"kernel {found.name!r} sums over channels, so it cannot filter transparency",
                hint="use --alpha keep or --alpha drop",
            )


def _map(pixels: Array, recipe: Recipe, spec: FilterSpec, rows: tuple[int, int] | None = None) -> Array:
    maps = [_slide(pixels, weights, bias, spec, rows) for weights, bias in recipe.slides]
    return maps[0] if recipe.how is None else combine(maps, recipe.how)


def _banded(pixels: Array, recipe: Recipe, size: tuple[int, int], spec: FilterSpec) -> Banded:
    alone = replace(spec, jobs=1)
    (weights, bias), *more = recipe.slides
    exact = not more and recipe.how is None and not spec.bias
    exact = exact and fits_short(weights, pixels.dtype, np.dtype(np.int16), bias, spec.pad_value or 0.0)

    def rows(first: int, end: int) -> Array:
        if exact:
            return _slide(pixels, weights, bias, alone, (first, end), np.int16)
        values = _map(pixels, recipe, alone, (first, end))
        return np.add(values, spec.bias, out=values) if spec.bias else values

    return Banded((*size, *pixels.shape[2:]), rows, 2 if exact else 4 * len(recipe.slides))


def _joins(found: Kernel, how: Combine | None) -> bool:
    """Whether the kernel's own way of combining holds: nothing else was asked for."""
    return how is None and found.combine is not Combine.NONE


def _slide(
    pixels: Array,
    weights: Array,
    bias: float,
    spec: FilterSpec,
    rows: tuple[int, int] | None = None,
    dtype: type[np.int16] | None = None,
) -> Array:
    window = spec.window(weights.shape)
    if weights.ndim == 2:
        return correlate_window(
            pixels, weights, window, bias=bias, method=spec.method, jobs=spec.jobs, dtype=dtype, rows=rows
        )
    planes = pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    summed: Array = conv2d_window(planes, weights[np.newaxis], np.array([bias]), window)[0]
    return summed


def _sampled(alpha: Array, passed: Sequence[Kernel], spec: FilterSpec) -> Array:
    """Return alpha where the windows' centres are, after each kernel that was passed."""
    for found in passed:
        alpha = sampled_alpha(alpha, spec.window(found.components[0].shape))
    return alpha
