"""``--sheet``: an input and its results side by side, labelled, in a picture or in the terminal.

Integers look as a written picture does, over white where they are transparent; floats are stretched, and in
blue and red around 0 where some are negative.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from convcli.choices import STDIN, STDOUT, RangeMode
from convcli.display.drawn.contact_sheet import Limits, limits, picture, resized
from convcli.display.drawn.lettering import font_notes
from convcli.display.drawn.sheet import Tile, lay_out, scaled
from convcli.display.terminal.picture import Picture
from convcli.display.terminal.pictures import Pictures
from convcli.display.words import shortened, significant, size
from convcli.errors import OutputError, UsageError
from convcli.imaging.formats import by_name, format_of
from convcli.imaging.image import Image, Space
from convcli.imaging.writing.adapt import adapted
from convcli.imaging.writing.encode import encode_pixels
from convcli.options.setting_words import setting_words
from convcli.options.specs import SheetSpec, WriteSpec
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.loaded_kernels import without_folders
from convcli.pipeline.naming import OutputPaths, Target, into_folder
from convcli.pipeline.operation import Operation
from convcli.pipeline.results import Result

__all__ = ["Sheets"]

# The result of a feature map, its name, and what made it.
Named = tuple[Result, str, Sequence[str]]

# Pixels: the longer side of a picture at most, width of a sheet about, space between pictures, font size.
SIDE, WIDEST, MARGIN, CAPTION = 640, 2000, 16, 15

# Pictures side by side, and on a sheet, at most.
ABREAST, MOST = 5, 40

# Characters of a name, at most.
MOST_OF_A_NAME = 160


class Sheets:
    """The sheets of a batch: one for each input, in files and in the terminal."""

    def __init__(
        self,
        writing: SheetSpec,
        count: int | None,
        inputs: Sequence[str],
        also_read: Sequence[str],
        *,
        again: bool = False,
    ) -> None:
        path, terminal = writing.sheet, sys.stdout is not None and sys.stdout.isatty()
        self.in_terminal = writing.preview or (path == STDOUT and terminal)
        self.naming: OutputPaths | None = None
        self.quality = writing.quality
        if path is None or (path == STDOUT and self.in_terminal):
            return
        kind = None if os.path.splitext(path)[1] else "png"
        files = into_folder(WriteSpec(output=path, format=kind, force=writing.force))
        self.naming = OutputPaths(files, count, inputs, also_read=also_read, option="--sheet", again=again)
        if files.output is not None:
            format = format_of(files.output, kind)
            if format.numbers or "rgb" not in format.spaces:
                raise UsageError(f"{path!r} cannot hold a sheet", hint="name a .png")

    @property
    def to_stdout(self) -> bool:
        """Whether the bytes of the sheet go to stdout."""
        return self.naming is not None and self.naming.to_stdout

    def forget(self) -> None:
        """Forget which inputs have taken names: none of the next ones will want them."""
        if self.naming is not None:
            self.naming.forget()

    def target(self, source: Source, others: Sequence[Target]) -> Target | None:
        """Return where the sheet of an input is written, which no result may be."""
        if self.naming is None:
            return None
        (target,) = self.naming.targets(source, ("sheet",), "png")
        place = os.path.realpath(target.path)
        if target.path != STDOUT and any(os.path.realpath(other.path) == place for other in others):
            raise OutputError(
                f"{target.path!r} is both the sheet and a result", hint="give the sheet another name"
            )
        return target

    def beside(
        self,
        write: Callable[[], Outcome],
        source: Source,
        image: Image,
        results: Sequence[Named],
        others: Sequence[Target],
    ) -> Outcome:
        """Draw the sheet of one input, `write` its results, whose files are `others`, and then the sheet."""
        target = self.target(source, others)
        groups = [_parts(image, os.path.basename(source.name), ())]
        for result, name, facts in results:
            cut = [f"{result.clipped:,} pixels cut"] if result.clipped else []
            groups.append(_parts(result.image, name, (*facts, *cut)))
        each = max(1, MOST // len(groups))
        parts = [part for group in groups for part in group[:each]][:MOST]
        columns = ceil(len(parts) / ceil(len(parts) / ABREAST))
        side = min(SIDE, (WIDEST - MARGIN) // columns - MARGIN)
        # The others are drawn as large as the largest, whose pixels are repeated a whole number of times.
        side -= side % min(side, max(max(part.pixels.shape[:2]) for part in parts))
        tiles = [_tile(part, side) for part in parts]
        notes, data = list[str](), b""
        if len(parts) < (count := sum(map(len, groups))):
            notes.append(f"the sheet shows {len(parts)} of {count} pictures")
        if len(image.frames) > 1:
            notes.append(f"the sheet shows the first of {len(image.frames)} frames")
        if target is not None:
            notes += font_notes(*(line for tile in tiles for line in tile.lines))
            sheet = lay_out((), tiles, columns, CAPTION, MARGIN, framed=True)
            data = encode_pixels(sheet.pixels, target.format, quality=self.quality)
        done = write()
        done = done._replace(notes=(*done.notes, *notes))
        if self.in_terminal:
            pictures = [Picture(np.asarray(tile.picture), tile.lines[0], tile.lines[1]) for tile in tiles]
            done = done._replace(preview=Pictures(pictures))
        if target is None:
            return done
        if target.path == STDOUT:
            return done._replace(data=data)
        written = target.write(data)
        files = done.files if written is None else (*done.files, written)
        return done._replace(sheet=target.path, report={"sheet": target.path}, files=files)

    def beside_maps(
        self,
        write: Callable[[], Outcome],
        source: Source,
        image: Image,
        results: Sequence[Result],
        operation: Operation,
        others: Sequence[Target],
    ) -> Outcome:
        """Do the same for the maps of an operation, labelled with their SPEC and the options behind them."""
        names, spec = operation.names, operation.spec
        padded = spec.pad is not None or spec.padding != type(spec).padding
        found = list[Named]()
        for result, name, label in zip(results, names, operation.labels, strict=True):
            kept = RangeMode.RAW if result.image.dtype.kind == "f" else RangeMode.CLIP
            facts = (*setting_words(spec, padded=padded), f"range {spec.range or kept}")
            alone = names.count(name) == 1 and name != STDIN
            found.append((result, without_folders(name) if alone else label, facts))
        return self.beside(write, source, image, found, others)


class _Part(NamedTuple):
    """A map, or a picture in colours, and its words."""

    pixels: NDArray[Any]
    name: str
    facts: Sequence[str]


def _parts(image: Image, name: str, facts: Sequence[str]) -> list[_Part]:
    """Return the first frame whole where it is grey or in colours, else each of its channels."""
    frame, space = image.frames[0], image.space_of(image.frames[0])
    facts = (size(frame.size), *facts)
    pixels = frame.pixels
    if pixels.dtype.kind == "u" and frame.channels <= 4:
        page = replace(image, frames=(frame._replace(space=None),), space=space)
        shown, _ = adapted(page, by_name("bmp"))  # 8 bits, grey or RGB, no transparency
        return [_Part(shown.frames[0].pixels, name, facts)]
    if pixels.ndim == 2 or space is Space.RGB:
        return [_Part(pixels, name, facts)]
    planes = np.moveaxis(pixels, 2, 0)
    return [_Part(plane, f"{name}, channel {index}", facts) for index, plane in enumerate(planes)]


def _tile(part: _Part, side: int) -> Tile:
    """Draw a part whose longer side is near `side`: areas of pixels averaged, or each of them enlarged."""
    pixels, facts = part.pixels, part.facts
    if pixels.dtype == np.uint8:
        longest = max(pixels.shape[:2])
        tile = scaled(Pillow.fromarray(pixels), side / longest if longest > side else side // longest)
    else:
        tile, words = _stretched(pixels, side)
        facts = (*facts, words)
    return Tile(tile, [shortened(part.name, MOST_OF_A_NAME), ", ".join(facts)])


def _stretched(values: NDArray[Any], side: int) -> tuple[Pillow.Image, str]:
    """Draw a map of floats, or three as colours, and say which colours stand for which numbers."""
    within = limits(values)
    if values.ndim == 2:
        ends = f"{within}: blue below 0, red above" if within.low < 0 else _gray_ends(*within)
        return Pillow.fromarray(picture(resized(values, side), within)), ends
    most = max(-within.low, within.high)
    low, high, middle = (-most, most, ", 0 is grey") if within.low < 0 else (*within, "")
    small = np.dstack([resized(plane, side) for plane in np.moveaxis(values, 2, 0)])
    tile = Pillow.fromarray(picture(small - low, Limits(0, high - low)))
    return tile, f"{_gray_ends(low, high)}{middle}"


def _gray_ends(low: float, high: float) -> str:
    return f"black {significant(low)}, white {significant(high)}"
