"""Layers of a stack, except convolutions: output, channels, parameters and multiply-adds of each."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.layers import activations
from convcli.engine.layers.activations import UpsampleMode
from convcli.engine.pooling.pool2d import Pooling, pool_planes
from convcli.engine.window import Window
from convcli.errors import GeometryError
from convcli.stacks.geometry import AxisMap

__all__ = [
    "Activation",
    "AxisMaps",
    "Layer",
    "Normalize",
    "Pool",
    "Shape",
    "Upsample",
    "channels_first",
    "channels_last",
    "channels_of",
    "window_maps",
]

Shape = tuple[int, int, int]  # C x H x W
AxisMaps = tuple[AxisMap, AxisMap]  # along rows, along columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer(ABC):
    """A layer, named as in the stack file; this base has no parameters and keeps size and channels."""

    type: str
    name: str

    @property
    def parameters(self) -> int:
        """Number of learned parameters; statistics do not count, as in PyTorch."""
        return 0

    def axis_maps(self) -> AxisMaps:
        """Return the map from outputs to inputs along rows and along columns."""
        return AxisMap(), AxisMap()

    def channels(self, given: int) -> int:
        """Return the output channels for `given` input channels; a GeometryError where it expects others."""
        return given

    def macs(self, given: Shape, made: Shape) -> int:  # noqa: ARG002
        """Return the multiply-adds for an output of shape `made` from an input of shape `given`."""
        return 0

    @abstractmethod
    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the output for an input of C x H x W floats, in their type."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool(Layer):
    """Pooling; with `whole` the window is the whole picture, and that of `pooling` is ignored."""

    pooling: Pooling
    whole: bool = False

    def axis_maps(self) -> AxisMaps:
        """Return the pooling windows."""
        if self.whole:
            return AxisMap(whole=True), AxisMap(whole=True)
        return window_maps(self.pooling.window, ceil=self.pooling.ceil)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the pooled maps."""
        size = (x.shape[1], x.shape[2])
        how = self.pooling._replace(window=Window(size, size, mode=None)) if self.whole else self.pooling
        return pool_planes(x, how, jobs).astype(x.dtype, copy=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Activation(Layer):
    """An activation: a function applied to each value."""

    function: Callable[[Array], Array]

    def __call__(self, x: Array, _: int | None = None) -> Array:
        """Return the function's values."""
        return self.function(x)


@dataclass(frozen=True, kw_only=True, eq=False)
class Normalize(Layer):
    """``(x - mean) * scale + shift``, each one value for all channels or one per channel.

    `learned` counts weights and biases: mean and variance are statistics.
    """

    mean: Array
    scale: Array
    shift: Array
    learned: int = 0

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.learned

    def channels(self, given: int) -> int:
        """Return `given`; a GeometryError where there are values for another number of channels."""
        for values in (self.mean, self.scale, self.shift):
            if values.size not in (1, given):
                raise GeometryError(
                    f"expects {channels_of(values.size)}, and gets {given}",
                    hint="give one number, or one for each channel",
                )
        return given

    def macs(self, _: Shape, made: Shape) -> int:
        """Return one per value."""
        return prod(made)

    def __call__(self, x: Array, _: int | None = None) -> Array:
        """Return the normalised maps."""
        return activations.normalize(x, self.mean, self.scale, self.shift)


@dataclass(frozen=True, kw_only=True, eq=False)
class Upsample(Layer):
    """Upsampling by whole factors (rows, columns)."""

    factor: tuple[int, int]
    mode: UpsampleMode = UpsampleMode.NEAREST

    def axis_maps(self) -> AxisMaps:
        """Return the factors."""
        linear = self.mode is UpsampleMode.BILINEAR
        return AxisMap(factor=self.factor[0], linear=linear), AxisMap(factor=self.factor[1], linear=linear)

    def __call__(self, x: Array, _: int | None = None) -> Array:
        """Return the upsampled maps."""
        return activations.upsample(x, self.factor, self.mode)


def window_maps(window: Window, *, ceil: bool = False) -> AxisMaps:
    """Return the axis maps of a sliding window."""
    rows, columns = window.axes
    return AxisMap(rows, ceil), AxisMap(columns, ceil)


def channels_first(pixels: Array) -> Array:
    """Return H x W (x C) as C x H x W."""
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def channels_last(planes: Array) -> Array:
    """Return C x H x W as H x W x C, or as H x W where there is one channel."""
    return planes[0] if len(planes) == 1 else np.moveaxis(planes, 0, 2)


def channels_of(count: int) -> str:
    """Return a number of channels in words."""
    return "1 channel" if count == 1 else f"{count} channels"
