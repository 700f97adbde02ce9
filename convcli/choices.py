"""The enums that options choose from, with their synonyms. No NumPy here.

They are the one source for help, shell completion, errors and the engine's dispatch.
"""

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Self

from convcli.border_names import PAD_NAMES_OF_TOOLS, PAD_SYNONYMS
from convcli.errors import unknown

__all__ = [
    "MAX_PIXELS",
    "STDIN",
    "STDOUT",
    "AlphaMode",
    "Choice",
    "Combine",
    "Compress",
    "Depth",
    "FitMethod",
    "Graphics",
    "Init",
    "Language",
    "Layout",
    "Loss",
    "Method",
    "PadMode",
    "PoolMode",
    "RangeMode",
    "Tool",
]

# The name of stdin among inputs, and of stdout among outputs.
STDIN = STDOUT = "-"

# Default limit of a picture, in pixels: 1.5 GB of 8-bit RGB.
MAX_PIXELS = 512 * 1024 * 1024


class Choice(StrEnum):
    """An option with a fixed set of values, read without regard to case.

    A subclass may say what errors call it (`label`), and which other spellings (`synonyms`) mean which value.
    """

    _label: ClassVar[str]
    _synonyms: ClassVar[Mapping[str, str]]

    def __init_subclass__(cls, label: str = "", synonyms: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init_subclass__()
        cls._label = label or cls.__name__.lower()
        cls._synonyms = synonyms

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """Other spellings that are understood; reports use the canonical one."""
        return {spelled: cls(value) for spelled, value in cls._synonyms.items()}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one value by any of its names; the hint of the UsageError names the nearest, or all."""
        if isinstance(text, str):
            spelled = text.strip().lower()
            with suppress(ValueError):
                return cls(cls._synonyms.get(spelled, spelled))
        raise unknown(cls._label, text, [choice.value for choice in cls], also=cls._synonyms)


# Synonyms mean the same wherever they are used; SciPy's `reflect` needs its tool's name before it.
class PadMode(
    Choice,
    label="padding mode",
    synonyms={other: mode for mode, others in PAD_SYNONYMS.items() for other in others},
):
    """How a picture is padded beyond its edges; drawn for the row ``a b c d``."""

    ZERO = "zero"  #            0 0 0 | a b c d | 0 0 0
    CONSTANT = "constant"  #    v v v | a b c d | v v v
    REFLECT = "reflect"  #      d c b | a b c d | c b a   the edge pixel is not repeated
    REPLICATE = "replicate"  #  a a a | a b c d | d d d
    WRAP = "wrap"  #            b c d | a b c d | a b c
    SYMMETRIC = "symmetric"  #  c b a | a b c d | d c b   the edge pixel is repeated
    VALID = "valid"  #                | a b c d |         no padding

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a mode by its name, a synonym, or ``TOOL:NAME`` for what that tool means by the name."""
        tool, colon, name = text.strip().lower().partition(":") if isinstance(text, str) else ("", "", "")
        if not colon:
            return super().parse(text)
        if tool not in PAD_NAMES_OF_TOOLS:
            raise unknown("tool", tool, PAD_NAMES_OF_TOOLS)
        names = PAD_NAMES_OF_TOOLS[tool]
        spelled = name.removeprefix("border_").replace("_", "-")
        if spelled not in names:
            raise unknown(f"border of {tool}", name, names)
        return cls(names[spelled])

    @classmethod
    def parse_several(cls, text: str) -> tuple[Self, ...]:
        """Read modes with commas between them, each of them once."""
        return tuple(dict.fromkeys(map(cls.parse, text.split(","))))


class Method(Choice):
    """How a correlation is computed; every method gives the same result but for rounding."""

    AUTO = "auto"
    DIRECT = "direct"
    SEPARABLE = "separable"
    GEMM = "gemm"
    FFT = "fft"


class Combine(Choice, label="combination"):
    """How the results of several kernels become one picture."""

    MAGNITUDE = "magnitude"  # sqrt(a^2 + b^2 + ...)
    MAX = "max"
    SUM = "sum"
    ORIENTATION = "orientation"  # atan2(second, first), in degrees
    NONE = "none"  # a feature map each


class PoolMode(Choice, label="pooling mode", synonyms={"l2": "lp", "mean": "avg", "average": "avg"}):
    """How the numbers of a window become one."""

    MAX = "max"
    AVG = "avg"
    MIN = "min"
    MEDIAN = "median"
    LP = "lp"  # (sum |x|^p)^(1/p)


class FitMethod(Choice, label="method of fitting"):
    """How a kernel is fitted to pictures before and after."""

    LSTSQ = "lstsq"  # least squares, by the normal equations
    GD = "gd"  # gradient descent
    ADAM = "adam"  # gradient descent with a step size for each weight


class Loss(Choice):
    """The loss that fitting minimises: the mean or the sum of the squared residuals."""

    MEAN = "mean"
    SUM = "sum"


class Init(Choice, label="start", synonyms={"zeros": "zero"}):
    """The weights that gradient descent starts from."""

    ZERO = "zero"
    NORMAL = "normal"  # drawn with variance 1


class Language(Choice, synonyms={"english": "en", "chinese": "zh", "zh-cn": "zh", "zh-hans": "zh"}):
    """The language of pages, and of sentences that people read."""

    EN = "en"
    ZH = "zh"  # simplified Chinese


class AlphaMode(Choice, label="alpha mode"):
    """Whether transparency (the alpha channel) is kept, filtered too, or dropped."""

    KEEP = "keep"  # sampled at each window's centre
    FILTER = "filter"  # colours weighted by coverage, and the sum divided by the coverage gathered
    DROP = "drop"


class Layout(Choice, synonyms={"channels-last": "hwc", "channels-first": "chw"}):
    """The order of the axes of an array of three in a file."""

    HWC = "hwc"  # rows x columns x channels, as in pictures
    CHW = "chw"  # channels x rows x columns, as in PyTorch


class RangeMode(Choice, label="range", synonyms={"centre": "center"}):
    """How results become pixels."""

    CLIP = "clip"  # saturate at black and white
    ABS = "abs"  # absolute value, then saturate
    SCALE = "scale"  # stretch minimum..maximum over black..white, alike in all frames
    SCALE_EACH = "scale-each"  # the same for each frame by itself
    CENTER = "center"  # add mid-grey, then saturate
    UNIT = "unit"  # 0..1 becomes black..white
    RAW = "raw"  # untouched floats

    @property
    def stretches(self) -> bool:
        """Whether minimum and maximum of the results become black and white, so that nothing is cut."""
        return self in (RangeMode.SCALE, RangeMode.SCALE_EACH)


class Depth(Choice):
    """How many bits a sample has in the output."""

    AUTO = "auto"
    EIGHT = "8"
    SIXTEEN = "16"
    FLOAT = "float"


class Compress(Choice):
    """How hard lossless formats are compressed."""

    FAST = "fast"
    SMALL = "small"
    NONE = "none"


class Graphics(Choice, synonyms={"iterm": "iterm2", "sixels": "sixel", "half-blocks": "blocks"}):
    """How a picture is drawn in the terminal."""

    AUTO = "auto"
    BLOCKS = "blocks"  # half blocks, two pixels a character
    KITTY = "kitty"  # the terminal's own graphics, by three protocols
    ITERM2 = "iterm2"
    SIXEL = "sixel"


class Tool(
    Choice,
    synonyms={
        **{
            "ndimage": "scipy",
            "cv2": "opencv",
            "pytorch": "torch",
            "scikit-image": "skimage",
            "pil": "pillow",
        },
        **{"octave": "matlab", "convert": "imagemagick", "magick": "imagemagick", "libvips": "vips"},
    },
):
    """The tools that `translate` knows the words of."""

    NUMPY = "numpy"
    SCIPY = "scipy"
    OPENCV = "opencv"
    TORCH = "torch"
    SKIMAGE = "skimage"
    PILLOW = "pillow"
    MATLAB = "matlab"
    IMAGEMAGICK = "imagemagick"
    VIPS = "vips"
    GMIC = "gmic"
