"""The pictures that ``--save-maps`` writes: every feature map, and a contact sheet of each layer."""

import re

from convcli.atomic_write import already_there, write_bytes
from convcli.display.drawn.contact_sheet import contact_sheet, limits, picture
from convcli.engine.arrays import Array
from convcli.errors import OutputError
from convcli.imaging.writing.encode import encode_pixels
from convcli.pipeline.batch import Source
from convcli.pipeline.naming import make_folder
from convcli.pipeline.written import Written
from convcli.stacks.trace import LayerTrace
from convcli.stores.files import exists, joined

__all__ = ["LayerMaps"]


class LayerMaps:
    """The folder for all inputs, with a folder in it for each, unless there is one input `alone`."""

    def __init__(self, folder: str, *, alone: bool, force: bool, again: bool = False) -> None:
        self.folder, self.alone, self.force, self.again = folder, alone, force, again
        self._taken: dict[str, str] = {}

    def of(self, source: Source) -> "InputMaps":
        """Return the pictures of one input, none yet."""
        folder = self.folder if self.alone else joined(joined(self.folder, source.folder), source.stem)
        before = self._taken.setdefault(folder, source.path)
        if before != source.path:
            raise OutputError(
                f"{folder!r} already holds the maps of {before!r}",
                hint="give inputs of one name different --save-maps folders",
            )
        return InputMaps(folder, source, force=self.force, again=self.again)

    def forget(self) -> None:
        """Forget which inputs have taken folders: none of the next ones will want them."""
        self._taken.clear()


class InputMaps:
    """The pictures of one input, kept as the contents of files until all layers are computed."""

    def __init__(self, folder: str, source: Source, *, force: bool, again: bool) -> None:
        self.folder, self.source, self.force, self.again = folder, source, force, again
        self._files: dict[str, bytes] = {}
        self._sheets = 0
        self.written: list[Written] = []

    @property
    def paths(self) -> list[str]:
        """The files, in the order of the layers."""
        return list(self._files)

    def add_input(self, x: Array) -> None:
        """Draw the first layer's input."""
        self._add(0, "input", "input", x)

    def add(self, trace: LayerTrace, maps: Array) -> None:
        """Draw the maps that a layer made."""
        called = trace.name if trace.name.startswith(trace.type) else f"{trace.type} {trace.name!r}"
        self._add(trace.number, trace.name, f"{trace.number}  {called}", maps)

    def _add(self, number: int, name: str, title: str, maps: Array) -> None:
        safe = re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:60] or "layer"
        stem = f"{number:02}-{safe}"
        count, height, width = maps.shape
        heading = f"{title}: {count} x {height} x {width}, {limits(maps)}"
        self._put(stem, contact_sheet(heading, list(maps)))
        self._sheets += 1
        for index, values in enumerate(maps):
            self._put(f"{stem}-{index:0{len(str(count - 1))}}", picture(values))

    def _put(self, stem: str, pixels: Array) -> None:
        self._files[joined(self.folder, f"{stem}.png")] = encode_pixels(pixels, "png")

    def check(self) -> None:
        """Refuse to replace files, unless --force was given."""
        if self.force or self.again:
            return
        for path in self._files:
            if exists(path):
                raise already_there(path, "another --save-maps")

    def write(self) -> str:
        """Write all files, and return a line for stderr."""
        make_folder(self.folder)
        for path, data in self._files.items():
            write_bytes(path, data, replace=self.force or self.source.made(path), again=self.again)
            self.written += filter(None, [Written.of(path, data)])
        maps = len(self._files) - self._sheets
        return f"{maps} maps and {self._sheets} contact sheets are in {self.folder!r}"
