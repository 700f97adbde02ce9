"""The montage and the page of a comparison as files: their paths are checked, then they are written."""

from typing import NamedTuple

from convcli.choices import STDOUT
from convcli.commands.compare.spec import CompareSpec
from convcli.engine.arrays import Array
from convcli.errors import UsageError
from convcli.imaging.formats import Format, by_name, format_of
from convcli.imaging.writing.encode import encode_pixels
from convcli.open_files import is_stream

__all__ = ["DrawnPaths", "check_paths", "picture_bytes"]


class DrawnPaths(NamedTuple):
    """Paths of the montage and of the page; ``-`` is stdout."""

    output: str | None
    html: str | None


def check_paths(paths: DrawnPaths, spec: CompareSpec, count: int | None) -> None:
    """Refuse paths that options leave unused or several inputs would share; `count` of None is many."""
    for name, path in zip(("-o", "--html"), paths, strict=True):
        if path == "":
            raise UsageError(f"{name} is empty", hint="name a file")
        if path is not None and count != 1:
            raise UsageError(
                f"{name} draws one picture, and there are several", hint="compare them one by one"
            )
    if count != 1 and (spec.truth is not None or spec.bias_map or spec.shift is not None):
        name = "truth" if spec.truth is not None else "bias-map" if spec.bias_map else "shift"
        raise UsageError(f"--{name} takes one input", hint="compare pictures one by one, or use --crop")
    if paths.html == STDOUT and paths.output == STDOUT:
        raise UsageError("-o and --html both want stdout", hint="name a file for one of them")
    if paths.html is not None and (spec.bias_map or spec.shift is not None):
        other = "--bias-map" if spec.bias_map else "--shift"
        raise UsageError(f"--html has no effect with {other}", hint="leave one of them out")
    if paths.output is not None and spec.shift is not None:
        raise UsageError("-o has no effect with --shift, which tells figures alone", hint="leave -o out")
    if paths.output is not None:
        _format(paths.output)


def picture_bytes(pixels: Array, path: str) -> bytes:
    """Return the content of the file `path` that holds a drawn picture."""
    return encode_pixels(pixels, _format(path))


def _format(path: str) -> Format:
    """Return the format that the suffix says; PNG for stdout and pipes."""
    return by_name("png") if path == STDOUT or is_stream(path) else format_of(path)
