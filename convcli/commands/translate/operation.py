"""What is translated: feature maps of kernels, pooling, or a stack, and the files that the code names."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from convcli.choices import Combine, PoolMode, RangeMode
from convcli.engine.window import Window
from convcli.errors import CannotTranslate, UsageError
from convcli.imaging.formats import is_picture
from convcli.kernels.kernel import Array
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import recipes_of
from convcli.pipeline.loaded_kernels import LoadedKernels
from convcli.stacks.stack import Stack
from convcli.stores.urls import is_url

# Suffixes of arrays that convcli reads and writes, which the printed code does not.
_OTHER_ARRAYS = (".npz", ".csv", ".tsv", ".json", ".pfm", ".zarr", ".zip")


class Files(NamedTuple):
    """The file that is read and the one that is written."""

    input: str
    output: str

    @property
    def reads_numbers(self) -> bool:
        """Whether the input is an array, not a picture."""
        return self.input.lower().endswith(".npy")

    @property
    def writes_numbers(self) -> bool:
        """Whether the output is an array, which holds any number."""
        return self.output.lower().endswith(".npy")

    def check(self, title: str, *, npy: bool) -> None:
        """Refuse files that the code for `title` cannot open: all but pictures and, with `npy`, .npy."""
        others = _OTHER_ARRAYS if npy else (".npy", *_OTHER_ARRAYS)
        for option, name in (("--input", self.input), ("--output", self.output)):
            unknown = npy and option == "--output" and not is_picture(name)
            if unknown or is_url(name) or name.lower().endswith(others):
                raise CannotTranslate(
                    f"the code for {title} cannot open {option} {name!r}",
                    hint=f"name a picture{' or .npy' * npy} on this machine, such as picture.png",
                )

    def range(self, asked: RangeMode | None) -> RangeMode:
        """Return how results are written: as asked, else pictures are clipped and arrays left as they are."""
        if asked is RangeMode.RAW and not self.writes_numbers:
            raise UsageError(
                f"--range raw keeps floats, and {self.output!r} cannot hold them", hint="write to a .npy"
            )
        return asked or (RangeMode.RAW if self.writes_numbers else RangeMode.CLIP)


class KernelPart(NamedTuple):
    """Weights that slide over the picture.

    Attributes
    ----------
    weights : (kh, kw) or (C, kh, kw) array
        As correlation takes them: rotated already where --convolve is given.
    bias : float
        Of the kernel itself.
    window : Window
        Size, stride, padding in pixels, dilation, padding mode and its value.
    """

    weights: Array
    bias: float
    window: Window

    @property
    def dilated(self) -> Array:
        """The weights with zeros between the taps, for tools that have no dilation."""
        (rows, columns), (down, along) = self.window.span, self.window.dilation
        wide = np.zeros((*self.weights.shape[:-2], rows, columns))
        wide[..., ::down, ::along] = self.weights
        return wide


class MapOf(NamedTuple):
    """One feature map: of one part, or of several whose results are combined."""

    parts: tuple[KernelPart, ...]
    how: Combine | None


@dataclass(frozen=True)
class Filtering:
    """Feature maps, or stages of a chain; `bias` is added to the last results, before `range`."""

    maps: tuple[MapOf, ...]
    chain: bool
    bias: float
    convolve: bool
    gray: bool
    range: RangeMode | None

    @property
    def several(self) -> bool:
        """Whether the results are several feature maps."""
        return len(self.maps) > 1 and not self.chain

    @property
    def parts(self) -> tuple[KernelPart, ...]:
        """The kernels of all maps."""
        return tuple(part for one in self.maps for part in one.parts)


@dataclass(frozen=True)
class Pooling:
    """Pooling by `window`, or of the whole picture where it is None."""

    mode: PoolMode
    window: Window | None
    power: float
    ceil: bool
    count_include_pad: bool
    gray: bool
    range: RangeMode | None


class StackFile(NamedTuple):
    """A stack and the path of its file, to which the files of its weights are relative."""

    path: str
    stack: Stack


Operation: TypeAlias = Filtering | Pooling | StackFile


def without_layers(operation: Operation, title: str, *, sums: bool = False) -> Filtering | Pooling:
    """Refuse stacks and, unless the tool `sums` over channels, kernels that do."""
    if isinstance(operation, StackFile):
        raise CannotTranslate(f"{title} has no layers", hint="translate the stack with --to torch")
    cubes = isinstance(operation, Filtering) and any(part.weights.ndim != 2 for part in operation.parts)
    if cubes and not sums:
        raise CannotTranslate(
            f"{title} has no kernels that sum over channels", hint="translate it with --to torch"
        )
    return operation


def filtering(kernels: LoadedKernels, spec: FilterSpec) -> Filtering:
    """Return what `convcli filter` would do with these kernels and options."""
    maps = (
        MapOf(tuple(KernelPart(*slide, spec.window(slide[0].shape)) for slide in recipe.slides), recipe.how)
        for recipe in recipes_of(kernels.kernels, spec)
    )
    return Filtering(tuple(maps), spec.chain, spec.bias, spec.convolve, spec.gray, spec.range)


def pooling(spec: PoolSpec) -> Pooling:
    """Return what `convcli pool` would do with these options."""
    window = None if spec.whole else spec.window((1, 1))
    return Pooling(spec.mode, window, spec.power, spec.ceil, spec.count_include_pad, spec.gray, spec.range)
