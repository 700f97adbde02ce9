"""Filtering: the feature maps that kernels give of a frame, one by one, chained or combined."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import AlphaMode, Combine
from convcli.engine.arrays import as_number, fits_short, working_dtype
from convcli.engine.correlation.combine import combine
from convcli.engine.correlation.correlate import correlate_window
from convcli.engine.correlation.plan import plan_for
from convcli.engine.layers.conv2d import conv2d_window
from convcli.engine.window import Window, check_growth, size_text
from convcli.imaging.image import Frame, Image
from convcli.imaging.transfer_curve import Curves
from convcli.kernels.kernel import Kernel
from convcli.options.specs import FilterSpec
from convcli.pipeline.lazy_rows import LazyRows
from convcli.pipeline.linear_and_alpha import (
    TRANSPARENT_BELOW,
    is_weighted,
    map_frame,
    opaque_padding,
    sampled_alpha,
    weighted_sum,
)
from convcli.pipeline.loaded_kernels import LoadedKernels, combines_by_itself
from convcli.pipeline.operation import FeatureMap, MethodUsed
from convcli.pipeline.signals import along_signal

__all__ = ["Filtering", "Recipe", "recipes_of"]

Array = NDArray[Any]

# Rows of a result in which hidden colours are looked for at a time.
BAND_ROWS = 256

# Smallest picture, in samples, whose feature maps are computed in bands of rows.
LAZY_SIZE = 1 << 18


class Filtering(NamedTuple):
    """Correlation of pictures with kernels: the operation of `filter`, `show` and `explain`."""

    kernels: LoadedKernels
    spec: FilterSpec

    def with_jobs(self, jobs: int) -> "Filtering":
        """Return the same operation with so many threads."""
        return self._replace(spec=self.spec.replace(jobs=jobs))

    @property
    def labels(self) -> tuple[str, ...]:
        """One for each feature map, all different: they name files."""
        return self.kernels.labels

    @property
    def names(self) -> tuple[str, ...]:
        """The SPEC of each map's kernel."""
        return self.kernels.names

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for stderr about how the kernels were read."""
        return self.kernels.notes

    def along_signal(self) -> "Filtering":
        """Return the same kernels along signals, which have one row."""
        return Filtering(*along_signal(self.kernels, self.spec))

    def maps(self, frame: Frame, curves: Curves = ()) -> list[FeatureMap[Array]]:
        """Return the feature maps of a frame."""
        _check_bias(frame, self.spec)
        if self.spec.chain:
            made = frame.size
            for window in self.windows()[0]:
                made = window.output_size(made)
                check_growth(frame.size, made, f"result of {size_text(made)}")
        colours = self.spec.combine is not Combine.ORIENTATION
        maps = map_frame(frame, curves, self.spec, self._slide, self._weigh, self.windows(), colours=colours)
        if self.spec.bias:
            for one in maps:
                np.add(one.values, self.spec.bias, out=one.values)
        return maps

    def methods(self, image: Image) -> Iterator[MethodUsed]:
        """Return how each kernel is computed."""
        pixels, spec = image.frames[0].pixels, self.spec
        for found in self.kernels.kernels:
            for weights in found.components:
                flat = weights if weights.ndim == 2 else weights[0]
                chosen = plan_for(pixels, flat, spec.window(flat.shape), spec.method).plan
                yield MethodUsed(found.name, chosen.method.value, chosen.reason)

    def signed(self, map: int, white: float) -> bool:
        """Whether negative values of a map are results: a flat white picture gives less than half of white.

        Sharpening keeps flat pictures, so its negative values are overshoot. Magnitudes have none.
        """
        recipes = recipes_of(self.kernels.kernels, self.spec)
        path, level = recipes if self.spec.chain else recipes[map : map + 1], white
        for recipe in path:
            flat = [np.array([level * weights.sum() + bias]) for weights, bias in recipe.slides]
            level = float((flat[0] if recipe.how is None else combine(flat, recipe.how))[0])
        return path[-1].how is not Combine.MAGNITUDE and level + self.spec.bias < white / 2

    def _slide(self, pixels: Array, pad_value: float | None) -> list[Array]:
        recipes = recipes_of(self.kernels.kernels, self.spec)
        if not self.spec.chain:
            return [_map(pixels, recipe, self.spec, pad_value) for recipe in recipes]
        for recipe in recipes:
            pixels = _map(pixels, recipe, self.spec, pad_value)
        return [pixels]

    def _weigh(self, pixels: Array, coverage: Array, pad_value: float | None) -> list[tuple[Array, Array]]:
        recipes = recipes_of(self.kernels.kernels, self.spec)
        if not self.spec.chain:
            return [_weighted_map(pixels, coverage, recipe, self.spec, pad_value) for recipe in recipes]
        for recipe in recipes:
            pixels, coverage = _weighted_map(pixels, coverage, recipe, self.spec, pad_value)
        return [(pixels, coverage)]

    def windows(self, _: tuple[int, int] = (1, 1)) -> list[list[Window]]:
        """Return, for each map, the windows of the kernels that the picture passes."""
        return [
            [self.spec.window(found.components[0].shape) for found in path]
            for path in self.kernels.alpha_kernels
        ]

    def stages(self, _: tuple[int, int] = (1, 1)) -> list[list[list[Window]]]:
        """Return the windows of each map's kernels: of one stage, or of those of a chain."""
        recipes = recipes_of(self.kernels.kernels, self.spec)
        windows = [[self.spec.window(weights.shape) for weights, _ in recipe.slides] for recipe in recipes]
        return [windows] if self.spec.chain else [[stage] for stage in windows]

    def with_spec(self, spec: FilterSpec) -> "Filtering":
        """Return the same kernels by other options."""
        return self._replace(spec=spec)

    def bleeds(self, alpha: Array) -> bool:
        """Whether colours of fully transparent pixels reach visible ones through a kernel."""
        hidden = (alpha == 0).astype(np.uint8)
        if not hidden.any():
            return False
        for weights in (some for found in self.kernels.kernels for some in found.components):
            taps = (weights != 0).reshape(-1, *weights.shape[-2:]).any(axis=0).astype(float)
            window = self.spec.window(taps.shape, 0.0)
            height = window.output_size(alpha.shape)[0]
            # Most pictures show it in the first rows that have both.
            for first in range(0, height, BAND_ROWS):
                rows = (first, min(first + BAND_ROWS, height))
                reached = correlate_window(hidden, taps, window, jobs=self.spec.jobs, rows=rows)
                shown = sampled_alpha(alpha, [window])[slice(*rows)]
                if (reached[shown > 0] > 0).any():
                    return True
        return False

    def lazy_maps(self, frame: Frame) -> list[FeatureMap[LazyRows]] | None:
        """Return maps whose rows are computed later; None where they cannot be, or the picture is small."""
        spec, alpha = self.spec, None if self.spec.alpha is AlphaMode.DROP else frame.alpha
        if is_weighted(frame, spec) or spec.chain or frame.pixels.size < LAZY_SIZE:
            return None
        _check_bias(frame, spec)
        maps = []
        for recipe, path in zip(recipes_of(self.kernels.kernels, spec), self.windows(), strict=True):
            shapes = {weights.shape for weights, _ in recipe.slides}
            sizes = {spec.window(shape).output_size(frame.size) for shape in shapes}
            if len(sizes) > 1 or any(len(shape) == 3 for shape in shapes):
                return None  # sums over channels, or sizes that differ, an error that `combine` raises
            clear = None if alpha is None else sampled_alpha(alpha, path)
            maps.append(FeatureMap(_lazy_rows(frame.pixels, recipe, sizes.pop(), spec), clear))
        return maps


class Recipe(NamedTuple):
    """How one feature map is made: weights with their biases, and how their results become one (or None)."""

    slides: tuple[tuple[Array, float], ...]
    how: Combine | None


def recipes_of(kernels: Sequence[Kernel], spec: FilterSpec) -> list[Recipe]:
    """Return how each feature map is made; each stage of a chain."""
    slides = [tuple(zip(found.components, found.bias, strict=True)) for found in kernels]
    if spec.combine not in (None, Combine.NONE):
        return [Recipe(tuple(one for some in slides for one in some), spec.combine)]
    recipes = []
    for found, some in zip(kernels, slides, strict=True):
        if combines_by_itself(found, spec.combine):
            recipes.append(Recipe(some, found.combine))
        else:
            recipes += [Recipe((one,), None) for one in some]
    return recipes


def _check_bias(frame: Frame, spec: FilterSpec) -> None:
    as_number(spec.bias, "--bias", working_dtype(frame.pixels.dtype))


def _map(
    pixels: Array, recipe: Recipe, spec: FilterSpec, pad_value: float | None = None, **piece: Any
) -> Array:
    """Return one feature map, or the piece of it that further arguments of `correlate_window` ask for."""
    maps = []
    for weights, bias in recipe.slides:
        window = spec.window(weights.shape, pad_value)
        maps.append(_correlated(pixels, weights, bias, window, spec, **piece))
    return maps[0] if recipe.how is None else combine(maps, recipe.how)


def _weighted_map(
    pixels: Array, coverage: Array, recipe: Recipe, spec: FilterSpec, pad_value: float | None
) -> tuple[Array, Array]:
    """Return one feature map of colours weighted by coverage, and the mean coverage that it gathered."""
    maps, gathered, magnitudes = [], [], []
    for weights, bias in recipe.slides:
        window = spec.window(weights.shape, pad_value)

        def slide(values: Array, taps: Array, of_coverage: bool, window: Window = window) -> Array:
            return _correlated(values, taps, 0.0, opaque_padding(window) if of_coverage else window, spec)

        made, share = weighted_sum(pixels, coverage, weights, slide)
        maps.append(made + bias if bias else made)
        gathered.append(share)
        magnitudes.append(float(np.abs(weights).sum()) or 1.0)
    made = maps[0] if recipe.how is None else combine(maps, recipe.how)
    clear = np.average(gathered, axis=0, weights=magnitudes) if len(maps) > 1 else gathered[0]
    clear[clear < TRANSPARENT_BELOW] = 0.0
    made[clear == 0] = 0.0
    return made, clear


def _correlated(
    pixels: Array, weights: Array, bias: float, window: Window, spec: FilterSpec, **piece: Any
) -> Array:
    """Return the correlation of each channel, or of all channels in sum with C x kh x kw weights."""
    if weights.ndim == 2:
        options = {"method": spec.method, "jobs": spec.jobs, **piece}
        return correlate_window(pixels, weights, window, bias=bias, **options)
    planes = pixels[np.newaxis] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    made: Array = conv2d_window(planes, weights[np.newaxis], np.array([bias]), window, jobs=spec.jobs)[0]
    return made


def _lazy_rows(pixels: Array, recipe: Recipe, size: tuple[int, int], spec: FilterSpec) -> LazyRows:
    (weights, bias), *more = recipe.slides
    exact = not more and recipe.how is None and not spec.bias
    exact = exact and fits_short(weights, pixels.dtype, np.dtype(np.int16), bias, spec.pad_value or 0.0)
    dtype = np.int16 if exact else None

    def rows(first: int, end: int) -> Array:
        values = _map(pixels, recipe, spec, jobs=1, dtype=dtype, rows=(first, end))
        return np.add(values, spec.bias, out=values) if spec.bias else values

    return LazyRows((*size, *pixels.shape[2:]), rows, 2 if exact else 4 * len(recipe.slides))
