"""Pictures of inputs, as commands take them: read, made grey, and which parts of them are left out."""

from dataclasses import replace

from convcli.choices import STDIN
from convcli.imaging import colour
from convcli.imaging.image import Image, Space, together
from convcli.imaging.reading.read import read_picture
from convcli.options.specs import ReadSpec
from convcli.pipeline.batch import read_stdin
from convcli.pipeline.sources import Source

__all__ = ["as_gray", "left_out", "read_source"]


def read_source(source: Source, reading: ReadSpec) -> Image:
    """Read the picture of one input."""
    content = read_stdin(reading.max_pixels) if source.path == STDIN else source.path
    frame, most, layout = reading.frame, reading.max_pixels, reading.layout
    image = read_picture(content, name=source.name, frame=frame, max_pixels=most, layout=layout)
    source.notes.extend(image.notes)
    return image


def left_out(image: Image, done: str, chooses: str) -> list[str]:
    """Return notes about what a command leaves out that takes the colours of one frame."""
    notes, count = list[str](), len(image.frames)
    if count > 1:
        notes.append(f"the first of {count} frames is {done}; --frame N {chooses} another")
    return notes if image.frames[0].alpha is None else [*notes, "transparency is left out"]


def as_gray(image: Image) -> Image:
    """Return `image` with one channel: the luma of its colours."""
    return together(
        [
            replace(
                one,
                frames=(colour.gray(one.frames[0], one.space),),
                space=Space.DATA if one.space is Space.DATA else Space.GRAY,
            )
            for one in image.apart()
        ]
    )
