"""The options that several commands take, one by one and as records (see `option_groups`)."""

from functools import partial
from typing import Annotated, Any

import typer

from convcli.choices import MAX_PIXELS, Choice, Combine, Compress, Language, Layout, Method
from convcli.errors import UsageError
from convcli.options import completion
from convcli.options.option_groups import Options
from convcli.options.panels import ADVANCED, ESSENTIALS, MESSAGES
from convcli.options.typer_parsers import folder_path, output_path, verbatim
from convcli.parsing import at_least, parse_number, pixel_count, quality_number, thread_number, whole

essential_option = partial(typer.Option, rich_help_panel=ESSENTIALS)
advanced_option = partial(typer.Option, rich_help_panel=ADVANCED)
file_option = partial(typer.Option, rich_help_panel="Files")
window_option = partial(typer.Option, rich_help_panel="Window")
_messages = partial(typer.Option, rich_help_panel=MESSAGES)


def choice_of(kind: type[Choice], metavar: str = "HOW") -> dict[str, Any]:
    """Return metavar, parser and completion of an option whose values are those of an enum."""
    return {"metavar": metavar, "parser": kind.parse, "autocompletion": completion.choice(kind)}


def any_of(kind: type[Choice]) -> str:
    """Return the values of an enum in words, for help."""
    *others, last = kind
    return f"{', '.join(others)} or {last}"


def _text(metavar: str) -> dict[str, Any]:
    return {"metavar": metavar, "parser": verbatim}


_kernel = {**_text("SPEC"), "autocompletion": completion.kernels, "show_default": False}
INTEGER = {"metavar": "N", "parser": whole}
NUMBER = {"metavar": "V", "parser": parse_number}


def output_option(help: str) -> Any:
    """Return the option that names the file to write."""
    return essential_option("-o", "--output", metavar="FILE", parser=output_path, help=help)


def html_option(help: str) -> Any:
    """Return the option that names the page to write."""
    return essential_option("--html", metavar="FILE", parser=output_path, help=help)


def stack_option(help: str) -> Any:
    """Return the option that names a stack instead of a kernel."""
    return essential_option("--stack", **_text("FILE"), help=help)


KernelOption = Annotated[
    list[str],
    essential_option(
        "-k",
        "--kernel",
        **_kernel,
        help="A name (sobel, gaussian:sigma=2: see convcli kernels), a matrix '0 -1 0; -1 5 -1; 0 -1 0', a "
        "file, or - for stdin. Repeat it for several feature maps.",
    ),
]
BiasOption = Annotated[
    float, window_option("--bias", **NUMBER, help="Added to each result. This comes before --range.")
]
ConvolveOption = Annotated[
    bool, window_option("--convolve", help="True convolution: rotate kernels by 180 degrees first.")
]
NormalizeOption = Annotated[
    bool,
    window_option(
        "--normalize", help="Divide each kernel by its sum. Where that is 0, by its sum of absolute values."
    ),
]
ChainOption = Annotated[bool, window_option("--chain", help="Apply the kernels one after the other.")]
CombineOption = Annotated[
    Combine | None,
    window_option(
        "--combine",
        **choice_of(Combine),
        show_default="the kernel's",
        help=f"Join results: {any_of(Combine)}. Those of several kernels become one picture; orientation is "
        "the angle in degrees.",
    ),
]
LangOption = Annotated[
    Language | None,
    _messages(
        "--lang",
        **choice_of(Language, "en|zh"),
        envvar="CONVCLI_LANG",
        show_default="LC_ALL, LANG",
        help="English or Chinese sentences. Pages hold both, and begin with this one; errors and JSON are "
        "English.",
    ),
]
OutputOption = Annotated[
    str | None,
    output_option(
        "The file, or DIR/ for names in it; - is stdout. Without it, a name made from the input's."
    ),
]
FormatOption = Annotated[
    str | None,
    file_option(
        "--format",
        metavar="NAME",
        parser=verbatim,
        autocompletion=completion.formats,
        show_default=False,
        help="Such as png, tif or npy, whatever the suffix. See convcli formats.",
    ),
]
KernelFormatOption = Annotated[
    str | None,
    file_option(
        "--format",
        metavar="NAME",
        parser=verbatim,
        autocompletion=completion.kernel_formats,
        show_default="json",
        help="json, toml, npy, npz, csv, tsv or txt. It overrides the suffix.",
    ),
]
ForceOption = Annotated[
    bool, file_option("--force", help="Overwrite inputs, and files that -o does not name.")
]
FrameOption = Annotated[
    int | None, file_option("--frame", **INTEGER, help="Only frame N of an animation; the first is 0.")
]
MaxPixelsOption = Annotated[
    int,
    advanced_option(
        "--max-pixels",
        metavar="N",
        parser=pixel_count,
        envvar="CONVCLI_MAX_PIXELS",
        show_default="512M",
        help="Refuse pictures of more pixels than N; 1M is 2^20.",
    ),
]
LayoutOption = Annotated[
    Layout,
    advanced_option(
        "--layout",
        **choice_of(Layout, "AXES"),
        envvar="CONVCLI_LAYOUT",
        help=f"Axes of arrays: {any_of(Layout)}. Those in .npy .npz .json, read and written: rows x columns "
        "x channels, or channels first, as PyTorch has them.",
    ),
]
_jobs = {
    "metavar": "N",
    "parser": thread_number,
    "envvar": "CONVCLI_JOBS",
    "show_default": "all cores",
}
JobsOption = Annotated[int | None, _messages("--jobs", **_jobs, help="Number of threads.")]
BatchJobsOption = Annotated[
    int | None,
    _messages("--jobs", **_jobs, help="Number of processes for several inputs, or of threads for one."),
]
NoColorOption = Annotated[
    bool, advanced_option("--no-color", envvar="CONVCLI_NO_COLOR", help="No colours; NO_COLOR does the same.")
]


class KernelOptions(Options):
    """What is done to kernels before they slide, and to their results."""

    bias: BiasOption = 0.0
    convolve: ConvolveOption = False
    normalize: NormalizeOption = False
    chain: ChainOption = False
    combine: CombineOption = None


class InputOptions(Options):
    """Which pictures are read."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            **_text("INPUT"),
            show_default=False,
            help="Pictures, arrays (.npy .csv ...) or URLs; - is stdin. See convcli formats; arrays are .npy "
            ".npz .csv .tsv .json. URLs, such as s3://bucket/in/*.png, need the extra remote.",
        ),
    ]


class ReadSpec(Options):
    """How inputs are read: all frames or one, how large a picture may be, and the axes of arrays."""

    recursive: Annotated[
        bool,
        file_option(
            "--recursive",
            help="Take the pictures and .npy in folders, and below. Patterns such as 'photos/**/*.png' are "
            "taken without it.",
        ),
    ] = False
    frame: FrameOption = None
    max_pixels: MaxPixelsOption = MAX_PIXELS
    layout: LayoutOption = Layout.HWC

    def check(self) -> None:
        """Refuse negative frames, and limits below one pixel."""
        if self.frame is not None and self.frame < 0:
            raise UsageError(f"--frame {self.frame} is negative", hint="the first frame is 0")
        at_least(1, max_pixels=self.max_pixels)


class WriteSpec(Options):
    """Where results are written, and in which format; ``output`` may be ``-`` for stdout."""

    output: OutputOption = None
    out_dir: Annotated[
        str | None,
        file_option(
            "--out-dir",
            metavar="DIR",
            parser=folder_path,
            help="Folder for files named after their inputs. It may be a URL.",
        ),
    ] = None
    format: FormatOption = None
    force: ForceOption = False
    compress: Annotated[
        Compress,
        advanced_option(
            "--compress",
            **choice_of(Compress),
            envvar="CONVCLI_COMPRESS",
            help=f"Compression of lossless formats: {any_of(Compress)}.",
        ),
    ] = Compress.FAST
    quality: Annotated[
        int | None,
        file_option(
            "--quality",
            metavar="N",
            parser=quality_number,
            show_default="a JPEG's own",
            help="Quality of JPEG, WebP, AVIF. 1 to 100; without it that of a JPEG stays, other pictures get "
            "92, and WebP is lossless unless it was lossy.",
        ),
    ] = None
    layout: LayoutOption = Layout.HWC

    @property
    def only_shows(self) -> bool:
        """Whether results are only shown, not written."""
        return False

    def check(self) -> None:
        """Refuse a file together with a folder, and an empty name."""
        if self.output is not None and self.out_dir is not None:
            raise UsageError(
                "--output and --out-dir exclude each other",
                hint="--output names one file, --out-dir the folder for derived names",
            )
        if self.output == "":
            raise UsageError("--output is empty", hint="name a file, or - for stdout")
        if self.quality is not None:
            from convcli.imaging.formats import check_quality  # here for start-up

            check_quality(self.output or "", self.format)


class SpeedOptions(Options):
    """By which method, and on how many cores."""

    method: Annotated[
        Method,
        advanced_option(
            "--method",
            **choice_of(Method),
            envvar="CONVCLI_METHOD",
            help=f"How to compute: {any_of(Method)}. They differ in speed, and by rounding.",
        ),
    ] = Method.AUTO
    jobs: BatchJobsOption = None


class PrintOptions(Options):
    """What is printed beside the product."""

    json: Annotated[bool, _messages("--json", help="One JSON object per input on stdout.")] = False
    quiet: Annotated[
        bool, _messages("-q", "--quiet", envvar="CONVCLI_QUIET", help="Only errors on stderr.")
    ] = False
    verbose: Annotated[
        bool,
        _messages(
            *("-v", "--verbose"),
            envvar="CONVCLI_VERBOSE",
            help="Say how each result is computed, and why. Each input has its own notes then.",
        ),
    ] = False
    no_color: NoColorOption = False


class ListOptions(Options):
    """How commands print whose product is text."""

    json: Annotated[bool, _messages("--json", help="The same as JSON, one object per line.")] = False
    no_color: NoColorOption = False
