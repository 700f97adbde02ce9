"""Convolutions as layers of a stack: with weights of their own, or with the kernels that ``filter`` knows."""

from dataclasses import dataclass, field

import numpy as np

from convcli.choices import Combine
from convcli.engine.correlation.combine import combine
from convcli.engine.correlation.correlate import correlate
from convcli.engine.layers.conv2d import conv2d
from convcli.errors import GeometryError
from convcli.stacks.geometry import Window
from convcli.stacks.layers import Array, Layer, Shape, Slide, channels_of, size_of

__all__ = ["Conv", "KernelConv"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Conv(Layer):
    """A convolution with its own weights for every pair of channels, O x C/groups x kh x kw."""

    weights: Array
    bias: Array | None = None
    groups: int = 1
    slide: Slide = field(default_factory=Slide)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return int(self.weights.size) + (0 if self.bias is None else int(self.bias.size))

    @property
    def dense_bias(self) -> bool:
        """Whether there is a bias."""
        return self.bias is not None

    def windows(self) -> tuple[Window, Window]:
        """Return what it does to rows and columns."""
        return self.slide.windows((self.weights.shape[2], self.weights.shape[3]))

    def channels(self, given: int) -> int:
        """Return O; a GeometryError where the weights expect other channels."""
        outputs, depth = self.weights.shape[:2]
        if given != depth * self.groups:
            groups = f" in {self.groups} groups" if self.groups > 1 else ""
            raise GeometryError(
                f"expects {channels_of(depth * self.groups)}{groups}, and gets {given}",
                hint=f"its weights are {' x '.join(map(str, self.weights.shape))}: outputs, channels"
                f"{' of a group' if self.groups > 1 else ''}, rows, columns",
            )
        return int(outputs)

    def macs(self, given: Shape, made: Shape) -> int:
        """Return the weights of one output times the outputs."""
        del given
        return int(self.weights[0].size) * size_of(made)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the convolution."""
        weights = self.weights.astype(x.dtype, copy=False)
        return conv2d(x, weights, self.bias, groups=self.groups, jobs=jobs, **self.slide.options)


@dataclass(frozen=True, kw_only=True, eq=False)
class KernelConv(Layer):
    """Kernels as ``filter`` has them: every channel by each, or C x kh x kw summed over channels.

    With K kernels of one plane, channel c gives maps ``c * K`` to ``c * K + K - 1``, as a depthwise layer of
    PyTorch does; where the kernels combine, one map.
    """

    kernels: tuple[Array, ...]
    shifts: tuple[float, ...]
    combine: Combine = Combine.NONE
    bias: float = 0.0
    slide: Slide = field(default_factory=Slide)

    @property
    def parameters(self) -> int:
        """Weights, once for all the channels that share them, and biases that are not 0."""
        biases = sum(1 for shift in (*self.shifts, self.bias) if shift)
        return sum(kernel.size for kernel in self.kernels) + biases

    @property
    def dense_bias(self) -> bool:
        """Whether there is a bias."""
        return any(self.shifts) or bool(self.bias)

    @property
    def summing(self) -> bool:
        """Whether channels are summed over."""
        return self.kernels[0].ndim == 3

    def windows(self) -> tuple[Window, Window]:
        """Return what it does to rows and columns."""
        return self.slide.windows((self.kernels[0].shape[-2], self.kernels[0].shape[-1]))

    def channels(self, given: int) -> int:
        """Return how many maps there are; a GeometryError where the kernels expect other channels."""
        each = len(self.kernels) if self.combine is Combine.NONE else 1
        if not self.summing:
            return given * each
        depth = self.kernels[0].shape[0]
        if given != depth:
            raise GeometryError(
                f"expects {channels_of(depth)}, and gets {given}",
                hint="its kernel is " + " x ".join(map(str, self.kernels[0].shape)) + ": channels first",
            )
        return each

    def macs(self, given: Shape, made: Shape) -> int:
        """Return the weights behind each place times the places."""
        shared = 1 if self.summing else given[0]
        return sum(kernel.size for kernel in self.kernels) * shared * made[1] * made[2]

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the maps."""
        if self.summing:
            weights = np.stack(self.kernels).astype(x.dtype)
            maps = conv2d(x, weights, np.array(self.shifts), jobs=jobs, **self.slide.options)
            made = maps if self.combine is Combine.NONE else combine(list(maps), self.combine)[None]
        else:
            made = np.concatenate([self._plane(plane, jobs) for plane in x])
        return made + x.dtype.type(self.bias) if self.bias else made

    def _plane(self, plane: Array, jobs: int | None) -> Array:
        maps = [
            correlate(plane, kernel, bias=shift, jobs=jobs, **self.slide.options).astype(plane.dtype)
            for kernel, shift in zip(self.kernels, self.shifts, strict=True)
        ]
        return np.stack(maps if self.combine is Combine.NONE else [combine(maps, self.combine)])
