"""JSON Lines in a store, where nothing can be appended: a folder of files, each written once."""

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from convcli.errors import ConvcliError
from convcli.pipeline.records.json_lines import MOST, JsonLines, T, encoded
from convcli.pipeline.written import Stamp, Written
from convcli.stores.files import find, joined, read_url, write_url

__all__ = ["StoredLines"]

# Lines of a file at most, and seconds after which one is written: what a kill may lose, which is then done
# again and found to be there.
LINES, SECONDS = 1000, 30.0


class StoredLines(JsonLines[T]):
    """The lines in all files of the folder with the URL `path`."""

    def __init__(self, path: str, read: Callable[[Any], tuple[str, T] | None]) -> None:
        super().__init__(path, read)
        self._kept, self._since = list[str](), time.monotonic()
        self._there = dict[int, int]()  # hashes of the stamps of all results, by those of their URLs

    def append(self, value: dict[str, Any]) -> None:
        """Keep an object until there are enough of them for a file."""
        self._kept.append(encoded(value) + "\n")
        if len(self._kept) >= LINES or time.monotonic() - self._since > SECONDS:
            self._flush()

    def close(self) -> None:
        """Write what is not written yet, and end."""
        super().close()
        self._flush()

    def _flush(self) -> None:
        """Write a file of the lines that are kept, which has a name of its own."""
        data, self._kept, self._since = "".join(self._kept).encode(), [], time.monotonic()
        if not data or self._is_lost:
            return
        name = f"{time.time_ns()}-{os.urandom(4).hex()}.jsonl"
        try:
            write_url(joined(self.path, name), data, replace=True)
        except ConvcliError as error:
            self._lose("written", error, "--resume will do again what it lacks")

    def is_whole(self, made: Written) -> bool:
        """Whether a result is in the list of all that are there, which is one request for many of them."""
        listed = self._there.get(hash(made.path)) == hash(Stamp(made.size, made.changed))
        return listed or super().is_whole(made)

    def _opened(self) -> BinaryIO:
        """Return a copy on this machine of all lines, in the order in which they were written."""
        there = find(self.path.rpartition("/")[0])
        self._there = {hash(one.url): hash(Stamp(*one.identity)) for one in there if one.identity[1]}
        copy = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115
        for url in sorted(one.url for one in there if one.url.startswith(f"{self.path}/")):
            copy.write(read_url(url, LINES * MOST))
        copy.seek(0)
        return copy
