"""The options that several commands take, alone and as records; see `option_groups`."""

from functools import partial
from typing import Annotated, Any

import typer

from convcli.choices import MAX_PIXELS, AlphaMode, Choice, Combine, Compress, Depth, Method, RangeMode
from convcli.errors import UsageError
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.typer_parsers import verbatim
from convcli.parsing import number, pixel_count, place, whole

__all__ = [
    "AtOption",
    "BiasOption",
    "ChainOption",
    "Colours",
    "CombineOption",
    "ConvolveOption",
    "Exporting",
    "Files",
    "FrameOption",
    "GrayOption",
    "HtmlOption",
    "JobsOption",
    "KernelOption",
    "MaxPixelsOption",
    "NormalizeOption",
    "Pixels",
    "Printing",
    "ReadSpec",
    "SaveMapsOption",
    "Sliding",
    "SpecArgument",
    "StackArgument",
    "SummaryOption",
    "Talk",
    "Work",
    "WriteSpec",
    "choice_of",
]

_file = partial(typer.Option, rich_help_panel="Files")
_window = partial(typer.Option, rich_help_panel="Window")
_colour = partial(typer.Option, rich_help_panel="Colours and pixels")
_work = partial(typer.Option, rich_help_panel="Speed")
_talk = partial(typer.Option, rich_help_panel="Messages")


def choice_of(kind: type[Choice], metavar: str = "") -> dict[str, Any]:
    """Return how an option reads and completes a choice, by default with all of it as its metavar."""
    return {
        "metavar": metavar or "|".join(kind),
        "parser": kind.parse,
        "autocompletion": completion.choice(kind),
    }


def _word(metavar: str) -> dict[str, Any]:
    return {"metavar": metavar, "parser": verbatim}


KernelOption = Annotated[
    list[str],
    _window(
        "-k",
        "--kernel",
        **_word("SPEC"),
        autocompletion=completion.kernels,
        show_default=False,
        help="A name (sobel, gaussian:sigma=2 ...: see convcli kernels), a matrix "
        "'0 -1 0; -1 5 -1; 0 -1 0', a file, or - for stdin. Repeat it for several feature maps.",
    ),
]
SpecArgument = Annotated[
    str,
    typer.Argument(
        **_word("SPEC"),
        autocompletion=completion.kernels,
        show_default=False,
        help="A name with parameters, a matrix, a file, or - for stdin.",
    ),
]
BiasOption = Annotated[
    float, _window("--bias", metavar="V", parser=number, help="Added to the result before range mapping.")
]
ConvolveOption = Annotated[
    bool, _window("--convolve", help="True convolution: each kernel is rotated by 180 degrees first.")
]
NormalizeOption = Annotated[
    bool,
    _window(
        "--normalize",
        help="Divide each kernel by its sum, or by its sum of absolutes where that is 0.",
    ),
]
ChainOption = Annotated[bool, _window("--chain", help="Apply the kernels one after the other.")]
CombineOption = Annotated[
    Combine | None,
    _window(
        "--combine",
        **choice_of(Combine, "HOW"),
        show_default="as the kernel says",
        help="How several kernels' results become one: magnitude, max, sum, orientation (the angle in "
        "degrees) or none.",
    ),
]


class Sliding(Options):
    """What is done to kernels before they slide, and to their results."""

    bias: BiasOption = 0.0
    convolve: ConvolveOption = False
    normalize: NormalizeOption = False
    chain: ChainOption = False
    combine: CombineOption = None


OutputOption = Annotated[
    str | None,
    _file(
        "-o",
        "--output",
        **_word("FILE"),
        help="Where to write; - is stdout. Without it: a name made from the input's.",
    ),
]
FrameOption = Annotated[
    int | None,
    _file("--frame", metavar="N", parser=whole, help="Only frame N of an animation; the first is 0."),
]
MaxPixelsOption = Annotated[
    int,
    _file(
        "--max-pixels",
        metavar="N",
        parser=pixel_count,
        show_default="512M",
        help="Refuse larger pictures; 1M is 2^20 pixels.",
    ),
]
JsonOption = Annotated[bool, _talk("--json", help="One JSON object per input on stdout.")]
NoColorOption = Annotated[bool, _talk("--no-color", help="No colours; NO_COLOR does the same.")]


class Files(Options):
    """Which pictures are read."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            **_word("INPUT"),
            show_default=False,
            help="Pictures, or arrays as .npy .npz .csv .tsv .json; - is stdin.",
        ),
    ]


class ReadSpec(Options):
    """What is read of each input: all frames or one, and how large a picture may be."""

    recursive: Annotated[
        bool,
        _file(
            "--recursive",
            help="Take folders (their pictures and .npy) and patterns such as 'photos/*.png' as inputs.",
        ),
    ] = False
    frame: FrameOption = None
    max_pixels: MaxPixelsOption = MAX_PIXELS

    def check(self) -> None:
        """Refuse negative frames, and limits below one pixel."""
        if self.frame is not None and self.frame < 0:
            raise UsageError(f"--frame {self.frame} is negative", hint="the first frame is 0")
        if self.max_pixels < 1:
            raise UsageError(f"--max-pixels {self.max_pixels} is too small", hint="use 1 or more")


class WriteSpec(Options):
    """Where results go, and in which format; ``output`` may be ``-`` for stdout."""

    output: OutputOption = None
    out_dir: Annotated[
        str | None, _file("--out-dir", **_word("DIR"), help="Folder for names made from the inputs'.")
    ] = None
    format: Annotated[
        str | None,
        _file(
            "--format",
            **_word("NAME"),
            autocompletion=completion.formats,
            help="png, jpg, tif, webp, gif, npy, csv ...: overrides the suffix.",
        ),
    ] = None
    force: Annotated[bool, _file("--force", help="Let made-up names and inputs be overwritten.")] = False
    compress: Annotated[
        Compress, _file("--compress", **choice_of(Compress), help="Effort of lossless formats.")
    ] = Compress.FAST

    def check(self) -> None:
        """Refuse two places, and a place without a name."""
        if self.output is not None and self.out_dir is not None:
            raise UsageError(
                "--output and --out-dir exclude each other",
                hint="--output names one file, --out-dir the folder for derived names",
            )
        if self.output == "":
            raise UsageError("--output is empty", hint="name a file, or - for stdout")


StackArgument = Annotated[
    str,
    typer.Argument(
        **_word("STACK.toml"),
        show_default=False,
        help="The layers, as docs/stacks.md describes them.",
    ),
]
SummaryOption = Annotated[
    bool,
    _talk(
        "--summary",
        help="A table of the layers on stderr: output, weights, receptive field, multiply-adds, time.",
    ),
]
SaveMapsOption = Annotated[
    str | None,
    _file(
        "--save-maps",
        **_word("DIR"),
        help="Write every layer's maps as pictures, and a contact sheet for each layer.",
    ),
]


AtOption = Annotated[
    tuple[int, int] | None,
    _window(
        "--at",
        metavar="ROW,COLUMN",
        parser=place,
        show_default=False,
        help="The output pixel; the first is 0,0, and -1,-1 the last.",
    ),
]
HtmlOption = Annotated[
    str | None,
    _file(
        "--html",
        **_word("FILE"),
        help="Write one self-contained page instead, to play with in a browser; - is stdout.",
    ),
]


class Exporting(Options):
    """Where a kernel is written."""

    output: OutputOption = None
    format: Annotated[
        str | None,
        _file(
            "--format",
            **_word("NAME"),
            autocompletion=completion.kernel_formats,
            show_default="json",
            help="json, toml, npy, npz, csv, tsv or txt: overrides the suffix.",
        ),
    ] = None


class Pixels(Options):
    """How results become pixels."""

    range: Annotated[
        RangeMode | None,
        _colour(
            "--range",
            **choice_of(RangeMode, "HOW"),
            show_default="clip; raw for floats",
            help="clip: saturate; abs: absolute value first; scale: stretch minimum..maximum; center: add "
            "mid-grey; unit: 0..1 becomes the full range; raw: floats (.npy .npz .tif .pfm .csv .json).",
        ),
    ] = None
    depth: Annotated[
        Depth,
        _colour("--depth", **choice_of(Depth), help="Bits per sample of the output; auto is as the input."),
    ] = Depth.AUTO


GrayOption = Annotated[bool, _colour("--gray", help="Luma (Rec. 601) first, as Pillow's L.")]


class Colours(Options):
    """What happens to colours before and while windows slide."""

    gray: GrayOption = False
    linear: Annotated[
        bool, _colour("--linear", help="Compute in linear light: sRGB decoded, then encoded.")
    ] = False
    alpha: Annotated[
        AlphaMode,
        _colour(
            "--alpha",
            **choice_of(AlphaMode),
            help="Transparency as it is, seen at the windows' centres; filtered (or pooled) as the colours "
            "are, which are premultiplied; removed.",
        ),
    ] = AlphaMode.KEEP


JobsOption = Annotated[
    int | None,
    _work("--jobs", metavar="N", parser=whole, show_default="all cores", help="Threads."),
]


class Work(Options):
    """How the result is computed."""

    method: Annotated[
        Method,
        _work(
            "--method",
            **choice_of(Method, "HOW"),
            help="auto, direct, separable, gemm or fft: the same result but for rounding.",
        ),
    ] = Method.AUTO
    jobs: JobsOption = None


class Talk(Options):
    """What is said, and where."""

    json: JsonOption = False
    quiet: Annotated[bool, _talk("-q", "--quiet", help="Only errors on stderr.")] = False
    verbose: Annotated[bool, _talk("-v", "--verbose", help="Say how each result is computed, and why.")] = (
        False
    )
    no_color: NoColorOption = False


class Printing(Options):
    """How commands print that only tell."""

    json: Annotated[bool, _talk("--json", help="The same as JSON, an object a line.")] = False
    no_color: NoColorOption = False
