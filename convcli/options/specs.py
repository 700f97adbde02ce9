"""What a command was asked to do, as frozen values that are checked when made. No NumPy here.

Those of `filter`, `pool`, reading and writing, which others use too; other commands have a module each.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from convcli.choices import (
    MAX_PIXELS,
    AlphaMode,
    Combine,
    Compress,
    Depth,
    Method,
    Padding,
    PadMode,
    PoolMode,
    RangeMode,
    as_padding,
    as_pair,
)
from convcli.engine.window import Window
from convcli.errors import UsageError

__all__ = ["FilterSpec", "PoolSpec", "ReadSpec", "WriteSpec"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FilterSpec:
    """How `convcli filter` slides its kernels and turns the results into pixels.

    Attributes
    ----------
    pad, pad_value, padding
        What is beyond the edge, its value for ``constant`` in the image's own units, and how much.
    stride, dilation
        Steps and holes of the window, ``(rows, columns)``.
    bias
        Added to every result before range mapping, in the image's own units.
    convolve, normalize
        Rotate each kernel by 180 degrees; divide it by its sum.
    chain, combine
        Kernels one after the other; how their results become one (None: as each kernel says).
    gray, linear, alpha
        Luma first; filter in linear light; what happens to transparency.
    range, depth
        How results become pixels (None: ``clip``, or ``raw`` where floats are written).
    method, jobs
        How it is computed and by how many threads (None: all cores).
    """

    pad: PadMode = PadMode.REFLECT
    pad_value: float | None = None
    padding: Padding = "same"
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    bias: float = 0.0
    convolve: bool = False
    normalize: bool = False
    chain: bool = False
    combine: Combine | None = None
    gray: bool = False
    linear: bool = False
    alpha: AlphaMode = AlphaMode.KEEP
    range: RangeMode | None = None
    depth: Depth = Depth.AUTO
    method: Method = Method.AUTO
    jobs: int | None = None

    def __post_init__(self) -> None:
        as_pair(self.stride, "stride")
        as_pair(self.dilation, "dilation")
        as_padding(self.padding)
        _check_shared(self)
        if self.chain and self.combine is not None:
            raise UsageError(
                f"--chain and --combine {self.combine} exclude each other",
                hint="chain runs kernels one after the other; combine joins results side by side",
            )

    def window(self, size: tuple[int, ...]) -> Window:
        """Return the window of a kernel of `size` (rows and columns are its last two axes)."""
        taps = (size[-2], size[-1])
        return Window.of(taps, self.stride, self.padding, self.dilation, self.pad, self.pad_value or 0.0)


class _PoolFields(NamedTuple):
    mode: PoolMode = PoolMode.MAX
    norm: float | None = None
    size: tuple[int, int] = (2, 2)
    stride: tuple[int, int] | None = None
    pad: PadMode | None = None
    pad_value: float | None = None
    padding: Padding = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)
    ceil: bool = False
    count_include_pad: bool = True
    whole: bool = False
    gray: bool = False
    linear: bool = False
    alpha: AlphaMode = AlphaMode.KEEP
    range: RangeMode | None = None
    depth: Depth = Depth.AUTO
    jobs: int | None = None


class PoolSpec(_PoolFields):
    """How `convcli pool` makes one pixel of each window; a tuple, since it is made at every start.

    Attributes
    ----------
    mode, norm
        What becomes of a window, and the power of ``lp`` (None: 2).
    size, stride, dilation
        Of the window, ``(rows, columns)`` (stride None: the size).
    pad, pad_value, padding
        How much is made up beyond the edge, and what (None: nothing, padding is neutral).
    ceil, count_include_pad
        Whether the last window may hang over, and whether neutral padding counts in averages.
    whole
        One window: the whole picture.
    gray, linear, alpha, range, depth, jobs
        As for :class:`FilterSpec`.
    """

    __slots__ = ()

    def __new__(cls, **fields: Any) -> Self:
        """Make one, and check it."""
        spec = super().__new__(cls, **fields)
        _check_shared(spec)
        _check_pooling(spec)
        return spec

    @property
    def power(self) -> float:
        """The power of ``lp``."""
        return 2.0 if self.norm is None else self.norm

    def window(self, picture: tuple[int, int]) -> Window:
        """Return the window that pools a picture of this size."""
        if self.whole:
            return Window(picture, picture, mode=None)
        return Window.of(
            self.size,
            self.stride or self.size,
            self.padding,
            self.dilation,
            self.pad,
            self.pad_value or 0.0,
        )


def _check_shared(spec: FilterSpec | PoolSpec) -> None:
    if spec.pad_value is not None and spec.pad is not PadMode.CONSTANT:
        without = "without --pad" if spec.pad is None else f"with --pad {spec.pad}"
        raise UsageError(
            f"--pad-value {spec.pad_value:g} has no effect {without}",
            hint="use --pad constant, or leave --pad-value out",
        )
    if spec.pad is PadMode.VALID and spec.padding not in ("same", "valid", ((0, 0), (0, 0))):
        raise UsageError(
            "--pad valid pads nothing, so --padding has no effect",
            hint="leave --padding out, or choose another --pad",
        )
    if spec.jobs is not None and spec.jobs < 1:
        raise UsageError(f"--jobs {spec.jobs} is too small", hint="use 1 or more")


def _check_pooling(spec: PoolSpec) -> None:
    as_pair(spec.size, "size")
    as_pair(spec.dilation, "dilation")
    as_pair(spec.stride or spec.size, "stride")
    unpadded = as_padding(spec.padding) in ("valid", ((0, 0), (0, 0)))
    window = (spec.stride, spec.pad, spec.dilation, spec.ceil, spec.count_include_pad)
    if spec.whole and (window != (None, None, (1, 1), False, True) or not unpadded or spec.size != (2, 2)):
        raise UsageError(
            "--global pools the whole picture, so no other option of the window has an effect",
            hint="leave --size, --stride, --padding, --dilation and the others out",
        )
    if spec.norm is not None and spec.mode is not PoolMode.LP:
        raise UsageError(f"--norm {spec.norm:g} has no effect with --mode {spec.mode}", hint="use --mode lp")
    if not spec.power > 0:
        raise UsageError(f"--norm {spec.norm:g} is too small", hint="use 1, 2, any number above 0, or inf")
    if not spec.count_include_pad and spec.mode is not PoolMode.AVG:
        raise UsageError(
            f"--no-count-include-pad has no effect with --mode {spec.mode}", hint="use --mode avg"
        )
    if not spec.count_include_pad and spec.pad is not None:
        raise UsageError(
            f"--no-count-include-pad contradicts --pad {spec.pad}, whose pixels count like any others",
            hint="leave one of them out",
        )
    if spec.pad not in (None, PadMode.VALID) and unpadded:
        raise UsageError(
            f"--pad {spec.pad} has no effect without padding", hint="add --padding N, or --padding same"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReadSpec:
    """What is read of each input: all frames or one, and how large a picture may be."""

    frame: int | None = None
    max_pixels: int = MAX_PIXELS
    recursive: bool = False

    def __post_init__(self) -> None:
        if self.frame is not None and self.frame < 0:
            raise UsageError(f"--frame {self.frame} is negative", hint="the first frame is 0")
        if self.max_pixels < 1:
            raise UsageError(f"--max-pixels {self.max_pixels} is too small", hint="use 1 or more")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WriteSpec:
    """Where results go and in which format; ``output`` may be ``-`` for stdout."""

    output: str | None = None
    out_dir: str | None = None
    format: str | None = None
    force: bool = False
    compress: Compress = Compress.FAST

    def __post_init__(self) -> None:
        if self.output is not None and self.out_dir is not None:
            raise UsageError(
                "--output and --out-dir exclude each other",
                hint="--output names one file, --out-dir the folder for derived names",
            )
        if self.output == "":
            raise UsageError("--output is empty", hint="name a file, or - for stdout")
