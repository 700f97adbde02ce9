"""The layers of a stack: what each makes of C x H x W numbers, and what can be said of it beforehand."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from numpy.typing import NDArray

from convcli.choices import Padding, PadMode, PoolMode
from convcli.engine import window
from convcli.engine.layers import activations
from convcli.engine.layers.activations import UpsampleMode
from convcli.engine.pooling.pool2d import pool2d
from convcli.errors import GeometryError
from convcli.stacks.geometry import Window

__all__ = [
    "Activation",
    "Array",
    "Layer",
    "Normalize",
    "Pool",
    "Shape",
    "Slide",
    "Upsample",
    "channels_of",
    "size_of",
]

Array = NDArray[Any]
Shape = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """What every layer has; this one passes everything on.

    Attributes
    ----------
    type, name
        As the stack file has them.
    """

    type: str
    name: str

    @property
    def parameters(self) -> int:
        """How many learned numbers it has; statistics do not count, as in PyTorch."""
        return 0

    @property
    def dense_bias(self) -> bool:
        """Whether a fully connected layer in its place would have biases."""
        return False

    def windows(self) -> tuple[Window, Window]:
        """Return what it does to rows and columns."""
        return Window(), Window()

    def channels(self, given: int) -> int:
        """Return how many channels it makes of `given`.

        Raises
        ------
        GeometryError
            It expects another number.
        """
        return given

    def macs(self, given: Shape, made: Shape) -> int:
        """Return how many products with weights are added up."""
        del given, made
        return 0

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return what it makes of C x H x W floats, in their type."""
        del jobs
        return x


@dataclass(frozen=True, kw_only=True, eq=False)
class Slide:
    """How a window slides: see :func:`convcli.engine.layers.conv2d`."""

    stride: tuple[int, int] = (1, 1)
    padding: Padding = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    pad: PadMode = PadMode.ZERO
    pad_value: float = 0.0

    def windows(self, kernel: tuple[int, int], *, ceil: bool = False) -> tuple[Window, Window]:
        """Return what a window of this size does to rows and columns."""
        sides = window.Window.of(kernel, self.stride, self.padding, self.dilation, self.pad).padding
        rows, columns = (
            Window(kernel[axis], self.stride[axis], self.dilation[axis], *sides[axis], ceil=ceil)
            for axis in (0, 1)
        )
        return rows, columns

    @property
    def options(self) -> dict[str, Any]:
        """The same as arguments of the engine's functions."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool(Layer):
    """Pooling: see :func:`convcli.engine.pooling.pool2d.pool2d`. A `size` of None is the whole picture."""

    mode: PoolMode = PoolMode.MAX
    size: tuple[int, int] | None
    slide: Slide = field(default_factory=Slide)
    ceil: bool = False
    count_include_pad: bool = True
    norm: float = 2.0
    pad: PadMode | None = None

    def windows(self) -> tuple[Window, Window]:
        """Return what it does to rows and columns."""
        if self.size is None:
            return Window(whole=True), Window(whole=True)
        return self.slide.windows(self.size, ceil=self.ceil)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the pooled maps."""
        size = self.size or (x.shape[1], x.shape[2])
        pooled = pool2d(
            x,
            size,
            mode=self.mode,
            stride=self.slide.stride if self.size else size,
            padding=self.slide.padding,
            dilation=self.slide.dilation,
            ceil=self.ceil,
            count_include_pad=self.count_include_pad,
            p=self.norm,
            pad=self.pad,
            pad_value=self.slide.pad_value,
            jobs=jobs,
        )
        return pooled.astype(x.dtype, copy=False)


class Activation(Layer):
    """A function of each number alone."""

    def __init__(self, *, type: str, name: str, function: str, **options: float | None) -> None:
        super().__init__(type=type, name=name)
        object.__setattr__(self, "_function", partial(getattr(activations, function), **options))

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the function's values."""
        del jobs
        made: Array = vars(self)["_function"](x)
        return made


@dataclass(frozen=True, kw_only=True, eq=False)
class Normalize(Layer):
    """``(x - mean) * scale + shift``, one number for all channels or one for each."""

    mean: Array
    scale: Array
    shift: Array
    learned: int = 0

    @property
    def parameters(self) -> int:
        """Weights and biases; mean and variance are statistics."""
        return self.learned

    def channels(self, given: int) -> int:
        """Return `given`; a GeometryError where there are numbers for other channels."""
        for values in (self.mean, self.scale, self.shift):
            if values.size not in (1, given):
                raise GeometryError(
                    f"expects {channels_of(values.size)}, and gets {given}",
                    hint="give one number, or one for each channel",
                )
        return given

    def macs(self, given: Shape, made: Shape) -> int:
        """Return one for each number."""
        del given
        return size_of(made)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the normalised maps."""
        del jobs
        return activations.normalize(x, self.mean, self.scale, self.shift)


@dataclass(frozen=True, kw_only=True, eq=False)
class Upsample(Layer):
    """Maps made larger by whole factors."""

    factor: tuple[int, int]
    mode: UpsampleMode = UpsampleMode.NEAREST

    def windows(self) -> tuple[Window, Window]:
        """Return what it does to rows and columns."""
        linear = self.mode is UpsampleMode.BILINEAR
        return Window(factor=self.factor[0], linear=linear), Window(factor=self.factor[1], linear=linear)

    def __call__(self, x: Array, jobs: int | None = None) -> Array:
        """Return the larger maps."""
        del jobs
        return activations.upsample(x, self.factor, self.mode)


def size_of(shape: Shape) -> int:
    """Return how many numbers C x H x W are."""
    return shape[0] * shape[1] * shape[2]


def channels_of(count: int) -> str:
    """Return a number of channels in words."""
    return "1 channel" if count == 1 else f"{count} channels"
