"""Convolution layers: with weights for every pair of channels, or with kernels as ``filter`` takes them."""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np

from convcli.choices import Combine
from convcli.display.words import size
from convcli.engine.arrays import Array, as_number
from convcli.engine.correlation.combine import combine
from convcli.engine.correlation.correlate import correlate_window
from convcli.engine.layers.conv2d import conv2d_window
from convcli.engine.window import Window
from convcli.errors import GeometryError
from convcli.stacks.layers import AxisMaps, Layer, Shape, channels_of, window_maps

__all__ = ["Conv", "Convolution", "KernelConv", "Part"]


class Part(NamedTuple):
    """One sum behind a map: products with the input's `channels`, weights of C x kh x kw for them, a bias."""

    channels: range
    weights: Array
    bias: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Windowed(Layer):
    """A layer whose window slides over its input."""

    window: Window

    def axis_maps(self) -> AxisMaps:
        """Return the kernel's windows."""
        return window_maps(self.window)


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv(_Windowed):
    """A convolution with weights for every pair of channels, O x C/groups x kh x kw."""

    weights: Array
    bias: Array | None = None
    groups: int = 1

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return int(self.weights.size) + (0 if self.bias is None else int(self.bias.size))

    @property
    def has_bias(self) -> bool:
        """Whether a fully connected layer in its place would have biases."""
        return self.bias is not None

    @property
    def gain(self) -> float:
        """Largest ratio of a result to the input's peak, without the bias: the maximum of ``sum |w|``."""
        return float(np.abs(self.weights).sum(axis=(1, 2, 3)).max())

    def channels(self, given: int) -> int:
        """Return the output channels; a GeometryError where the weights expect other input channels."""
        outputs, depth = self.weights.shape[:2]
        if given != depth * self.groups:
            groups = f" in {self.groups} groups" if self.groups > 1 else ""
            raise GeometryError(
                f"expects {channels_of(depth * self.groups)}{groups}, and gets {given}",
                hint=f"its weights are {size(self.weights.shape)}: outputs, channels"
                f"{' of a group' if self.groups > 1 else ''}, rows, columns",
            )
        return int(outputs)

    def parts(self, index: int) -> list[Part]:
        """Return the one sum that the map `index` consists of."""
        depth = self.weights.shape[1]
        first = index // (len(self.weights) // self.groups) * depth
        bias = 0.0 if self.bias is None else float(self.bias[index])
        return [Part(range(first, first + depth), self.weights[index], bias)]

    def macs(self, _: Shape, made: Shape) -> int:
        """Return the weights of one output channel times the outputs."""
        return int(self.weights[0].size) * prod(made)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the convolution."""
        weights = self.weights.astype(x.dtype, copy=False)
        return conv2d_window(x, weights, self.bias, self.window, groups=self.groups, jobs=jobs)


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelConv(_Windowed):
    """Kernels as ``filter`` applies them: each to every channel, or C x kh x kw summed over channels.

    With K kernels of kh x kw, channel c gives maps ``c * K`` to ``c * K + K - 1``, as a depthwise layer of
    PyTorch does; where the kernels combine, one map. `biases` has one for each kernel, `bias` is added to
    the combined maps.
    """

    kernels: tuple[Array, ...]
    biases: tuple[float, ...]
    combine: Combine = Combine.NONE
    bias: float = 0.0

    @property
    def parameters(self) -> int:
        """Weights, once for all the channels that share them, and biases that are not 0."""
        return sum(kernel.size for kernel in self.kernels) + sum(map(bool, (*self.biases, self.bias)))

    @property
    def has_bias(self) -> bool:
        """Whether a fully connected layer in its place would have biases."""
        return any((*self.biases, self.bias))

    @property
    def gain(self) -> float:
        """Largest ratio of a result to the input's peak, without biases: ``sum |w|``."""
        return sum(float(np.abs(part).sum()) for part in self.kernels)

    @property
    def sums_channels(self) -> bool:
        """Whether the kernels are C x kh x kw."""
        return self.kernels[0].ndim == 3

    def channels(self, given: int) -> int:
        """Return the number of feature maps; a GeometryError where the kernels expect other channels."""
        each = len(self.kernels) if self.combine is Combine.NONE else 1
        if not self.sums_channels:
            return given * each
        depth = self.kernels[0].shape[0]
        if given != depth:
            raise GeometryError(
                f"expects {channels_of(depth)}, and gets {given}",
                hint=f"its kernel is {size(self.kernels[0].shape)}: channels first",
            )
        return each

    def parts(self, index: int) -> list[Part]:
        """Return the sum that the map `index` consists of, or the sums that it combines."""
        channel, kernels = index, range(len(self.kernels))
        if self.combine is Combine.NONE:
            channel, one = divmod(index, len(self.kernels))
            kernels = range(one, one + 1)
        found = []
        for one in kernels:
            weights = self.kernels[one] if self.sums_channels else self.kernels[one][None]
            first = 0 if self.sums_channels else channel
            found.append(Part(range(first, first + len(weights)), weights, self.biases[one]))
        return found

    def macs(self, given: Shape, made: Shape) -> int:
        """Return the weights summed per output position, times the positions."""
        shared = 1 if self.sums_channels else given[0]
        return sum(kernel.size for kernel in self.kernels) * shared * made[1] * made[2]

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the feature maps."""
        if self.sums_channels:
            weights = np.stack(self.kernels).astype(x.dtype)
            maps = conv2d_window(x, weights, np.array(self.biases), self.window, jobs=jobs)
            made = maps if self.combine is Combine.NONE else combine(list(maps), self.combine)[None]
        else:
            made = np.concatenate([self._plane(plane, jobs) for plane in x])
        return made + x.dtype.type(as_number(self.bias, "bias", x.dtype)) if self.bias else made

    def _plane(self, plane: Array, jobs: int | None) -> Array:
        maps = [
            correlate_window(plane, kernel, self.window, bias=bias, jobs=jobs).astype(plane.dtype)
            for kernel, bias in zip(self.kernels, self.biases, strict=True)
        ]
        return np.stack(maps if self.combine is Combine.NONE else [combine(maps, self.combine)])


Convolution: TypeAlias = Conv | KernelConv
