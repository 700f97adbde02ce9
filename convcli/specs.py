"""What a command was asked to do, as frozen values that are checked when made. No NumPy here."""

from dataclasses import dataclass

from convcli.errors import UsageError
from convcli.vocab import (
    AlphaMode,
    Combine,
    Compress,
    Depth,
    Method,
    Padding,
    PadMode,
    RangeMode,
    as_padding,
    as_pair,
)

__all__ = ["FilterSpec", "ReadSpec", "WriteSpec"]

MAX_PIXELS = 512 * 1024 * 1024


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
        if self.pad_value is not None and self.pad is not PadMode.CONSTANT:
            raise UsageError(
                f"--pad-value {self.pad_value:g} has no effect with --pad {self.pad}",
                hint="use --pad constant, or leave --pad-value out",
            )
        if self.pad is PadMode.VALID and self.padding not in ("same", "valid"):
            raise UsageError(
                "--pad valid pads nothing, so --padding has no effect",
                hint="leave --padding out, or choose another --pad",
            )
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"--jobs {self.jobs} is too small", hint="use 1 or more")
        if self.chain and self.combine is not None:
            raise UsageError(
                f"--chain and --combine {self.combine} exclude each other",
                hint="chain runs kernels one after the other; combine joins results side by side",
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
