"""The options of colours and transparency, and of how results become pixels."""

from functools import partial
from typing import Annotated

import typer

from convcli.choices import AlphaMode, Depth, RangeMode
from convcli.options.option_groups import Options
from convcli.options.shared_options import any_of, choice_of

__all__ = ["ColourOptions", "GrayOption", "PixelOptions", "RangeOption"]

_colour = partial(typer.Option, rich_help_panel="Colours and pixels")

GrayOption = Annotated[
    bool,
    _colour(
        "--gray", envvar="CONVCLI_GRAY", help="Convert to grey first. Rec. 601 luma, as Pillow's mode L."
    ),
]

RangeOption = Annotated[
    RangeMode | None,
    _colour(
        "--range",
        **choice_of(RangeMode),
        envvar="CONVCLI_RANGE",
        show_default="clip; raw for floats",
        help=f"How results become pixels: {any_of(RangeMode)}. clip: saturate; abs: absolute value "
        "first; scale: stretch minimum..maximum of all frames; scale-each: of each frame by itself; "
        "center: add mid-grey; unit: 0..1 becomes the full range; raw: floats (.npy .npz .tif .pfm .csv "
        ".json).",
    ),
]


class ColourOptions(Options):
    """How colours and transparency are treated, before windows slide and while they do."""

    gray: GrayOption = False
    linear: Annotated[
        bool,
        _colour(
            "--linear",
            envvar="CONVCLI_LINEAR",
            help="Compute in linear light. By the file's own curve (gAMA, cICP, ICC), else sRGB's, which "
            "encodes the result too.",
        ),
    ] = False
    alpha: Annotated[
        AlphaMode,
        _colour(
            "--alpha",
            **choice_of(AlphaMode),
            envvar="CONVCLI_ALPHA",
            help=f"Transparency: {any_of(AlphaMode)}. keep: that of the pixel at each window's centre; "
            "filter: colours weighted by coverage, which is filtered or pooled as well; drop: removed.",
        ),
    ] = AlphaMode.KEEP


class PixelOptions(Options):
    """How results become pixels."""

    range: RangeOption = None
    depth: Annotated[
        Depth,
        _colour(
            "--depth",
            **choice_of(Depth, "BITS"),
            envvar="CONVCLI_DEPTH",
            help=f"{any_of(Depth)}, per sample. auto keeps the input's.",
        ),
    ] = Depth.AUTO
