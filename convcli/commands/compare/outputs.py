"""Where the montage and the page of a comparison go."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from convcli.atomic_write import write_bytes
from convcli.choices import STDIN, STDOUT
from convcli.commands.compare.spec import CompareSpec
from convcli.commands.compare.study import Study
from convcli.errors import OutputError, UsageError
from convcli.imaging.formats import by_name, format_of
from convcli.imaging.image import Frame, Image, Space
from convcli.imaging.writing.encode import encode_picture
from convcli.pipeline.batch import Outcome, Source

__all__ = ["Places", "check_places", "drawn", "picture_bytes", "write_files"]

Array = NDArray[Any]


class Places(NamedTuple):
    """Where pictures go: the montage and the page."""

    output: str | None
    html: str | None


def check_places(places: Places, spec: CompareSpec, count: int | None) -> None:
    """Refuse files that the comparison would not fill, or that two pictures would share; None is many inputs.

    Raises
    ------
    UsageError
        They do not go together.
    """
    given = [(name, path) for name, path in zip(("-o", "--html"), places, strict=True) if path is not None]
    for name, path in given:
        if path == "":
            raise UsageError(f"{name} is empty", hint="name a file")
        if count != 1:
            raise UsageError(
                f"{name} draws one picture, and there are several", hint="compare them one by one"
            )
    if count != 1 and (spec.truth is not None or spec.bias_map or spec.shift is not None):
        name = "truth" if spec.truth is not None else "bias-map" if spec.bias_map else "shift"
        raise UsageError(f"--{name} takes one input", hint="compare pictures one by one, or use --crop")
    if places.html == STDOUT and places.output == STDOUT:
        raise UsageError("-o and --html both want stdout", hint="name a file for one of them")
    if places.html is not None and (spec.bias_map or spec.shift is not None):
        other = "--bias-map" if spec.bias_map else "--shift"
        raise UsageError(f"--html has no effect with {other}", hint="leave one of them out")
    if places.output is not None and spec.shift is not None:
        raise UsageError("-o has no effect with --shift, which tells figures alone", hint="leave -o out")
    if places.output not in (None, STDOUT):
        format_of(str(places.output), None)


def drawn(source: Source, studies: Sequence[Study], places: Places) -> Outcome:
    """Draw the montage of the last study and the page of all, everything before the first file is touched.

    Raises
    ------
    OutputError
        A file cannot be written.
    """
    files: list[tuple[str, bytes]] = []
    data: bytes | None = None
    if places.output is not None:
        from convcli.commands.compare.montage import montage

        made = picture_bytes(montage(studies[-1]), places.output)
        if places.output == STDOUT:
            data = made
        else:
            files.append((places.output, made))
    if places.html is not None:
        from convcli.commands.compare.page import compare_page

        page = compare_page(studies).encode()
        if places.html == STDOUT:
            data = page
        else:
            files.append((places.html, page))
    write_files(source, files)
    write_files(source, files)
    return Outcome(input=source.path, outputs=tuple(path for path, _ in files), data=data)


def picture_bytes(pixels: Array, path: str) -> bytes:
    """Return the file that a drawn picture becomes; PNG for stdout."""
    format = by_name("png") if path == STDOUT else format_of(path, None)
    return encode_picture(Image((Frame(pixels),), Space.RGB), format).data


def write_files(source: Source, files: Sequence[tuple[str, bytes]]) -> None:
    """Write files whole, the input itself excepted.

    Raises
    ------
    OutputError
        A file cannot be written, or is the input.
    """
    for path, _ in files:
        if source.path != STDIN and os.path.exists(path) and os.path.samefile(source.path, path):
            raise OutputError(f"{path!r} is the input itself", hint="choose another name")
    for path, content in files:
        write_bytes(path, content)
