"""The manifest of a folder of results: which inputs are done, by which options, and what they gave.

It is a line of JSON for each input, appended when its files are written, so that a run that is killed can go
on with ``--resume``. An input is the same as before if its real path, size and time are, as for make and
rsync: digests would read every input once more, which takes longer than to filter a small one. Results have
their digest too, which costs little while their bytes are in memory: a copy of the folder is still valid.
Results are named as seen from the folder, which may be moved.
"""

import io
import os
import pickle
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import PIL

from convcli import __version__
from convcli.choices import STDIN
from convcli.options.option_groups import Options
from convcli.pipeline.outcome import Outcome
from convcli.pipeline.records.json_lines import JsonLines
from convcli.pipeline.records.stored_lines import StoredLines
from convcli.pipeline.sources import Source
from convcli.pipeline.written import MANIFEST, Stamp, Written, stamp
from convcli.stores.files import is_url, joined, public

__all__ = ["Manifest"]

# Options that change no bytes of a result: where to, which inputs are taken, how many processes.
_WITHOUT_EFFECT = {"force", "jobs", "max_pixels", "out_dir", "output", "preview", "recursive", "sheet"}

# What else may change bytes: encoders, and the rounding of sums.
_VERSION = f"convcli {__version__}, NumPy {np.__version__}, Pillow {PIL.__version__}"


class _Entry(NamedTuple):
    """A line of the manifest, but for the results."""

    input: str  # as given
    file: str  # its path in its real folder
    folder: str  # its folder below the one that was named, which the names of results have too
    size: int | None
    changed: int | str
    options: str  # the digest of them and of versions


def _read(value: Any) -> tuple[str, tuple[_Entry, list[Written]]] | None:
    """Return the key of the entry in a JSON value, and the entry with its results; None where it is none."""
    try:
        results = [Written(**one) for one in value.pop("results")]
        entry = _Entry(**value)
    except (AttributeError, KeyError, TypeError):
        return None
    if not (results and _is_typed(entry) and all(map(_is_typed, results))):
        return None
    return _key(entry.file, entry.folder), (entry, results)


def _is_typed(values: _Entry | Written) -> bool:
    kinds = type(values).__annotations__.values()
    return all(isinstance(value, kind) for value, kind in zip(values, kinds, strict=True))


class Manifest:
    """The record of a batch whose results go to `folder`.

    Parameters
    ----------
    folder, resume
        Where results go, and whether those that are there are skipped.
    made_by
        All that the bytes of results depend on, but for the inputs.
    beside
        The places of other files that are made of each input.
    """

    def __init__(
        self, folder: str, made_by: Iterable[object], beside: Iterable[str | None], *, resume: bool
    ) -> None:
        self.folder, self.resume = folder, resume
        places = [None if place is None else _seen_from(folder, place) for place in beside]
        self.options = _digest([_VERSION, *made_by, places])
        kind = StoredLines if is_url(folder) else JsonLines
        self._lines = kind(joined(folder, MANIFEST), _read)
        self._folders = dict[str, str]()  # the real paths of the inputs' folders

    @property
    def notes(self) -> list[str]:
        """Lines for people about the file."""
        return self._lines.notes

    def kept(self, source: Source) -> Outcome | None:
        """Return the outcome of an input that is done: it, its options and its results are as they were.

        Of an input that is to be done again, the results that are known are those that may be replaced.
        """
        if not self.resume or source.error is not None or source.path == STDIN:
            return None
        for entry, made in self._lines.find(_key(self._file(source), source.folder)):
            results = [one._replace(path=_below(self.folder, one.path)) for one in made]
            before = Stamp(entry.size, entry.changed)
            is_same = before == source.stamp or before == stamp(source.file)
            if is_same and entry.options == self.options and all(map(self._lines.is_whole, results)):
                return _skipped(source, results)
            source.ours.update(os.path.abspath(one.path) for one in results)
        return None

    def add(self, source: Source, outcome: Outcome) -> None:
        """Append the results of an input, unless it failed."""
        if outcome.error is not None or outcome.begun is None:
            return
        known = {made.path: made for made in outcome.files}
        results = list[Written]()
        for kind, path in _named(outcome):
            made = known.get(path) or Written.of(path)
            if made is None:
                return
            results.append(made._replace(kind=kind, path=_seen_from(self.folder, path)))
        if results:
            given = public(source.path), self._file(source), source.folder
            entry = _Entry(*given, *outcome.begun, self.options)
            self._lines.append(entry._asdict() | {"results": [made._asdict() for made in results]})

    def close(self) -> None:
        """Write what is not written yet."""
        self._lines.close()

    def _file(self, source: Source) -> str:
        """Return the path of an input, however it is spelled; a link has its own, as its results do."""
        if is_url(source.path):
            return public(source.path)
        folder, name = os.path.split(source.path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)


def _named(outcome: Outcome) -> list[tuple[str, str]]:
    """Return kind and path of each file of an outcome."""
    maps = outcome.report.get("maps")
    kinds = {
        "output": outcome.outputs,
        "sheet": [outcome.sheet] if outcome.sheet else [],
        "map": maps if isinstance(maps, list) else [],
    }
    return [(kind, path) for kind, paths in kinds.items() for path in paths]


def _skipped(source: Source, results: Iterable[Written]) -> Outcome:
    """Return the outcome of an input whose results are there."""
    outputs, sheets, maps = (
        [made.path for made in results if made.kind == kind] for kind in ("output", "sheet", "map")
    )
    done = Outcome(source.path, tuple(outputs), next(iter(sheets), None), skipped=True)
    report = {"input": source.path, "output": done.output, "sheet": done.sheet, "maps": maps, "skipped": True}
    return done._replace(report={name: value for name, value in report.items() if value not in (None, [])})


def _seen_from(folder: str, path: str) -> str:
    """Return a path relative to a folder; those in other places than the folder's store are whole."""
    if is_url(folder) and is_url(path):
        return public(path.removeprefix(f"{folder.rstrip('/')}/"))
    if is_url(folder) or is_url(path):
        return public(path) if is_url(path) else os.path.abspath(path)
    below = os.path.join(folder, "")
    if path.startswith(below) and os.pardir not in path:
        return path.removeprefix(below)  # as most are
    return os.path.relpath(path, folder)


def _below(folder: str, path: str) -> str:
    """Return such a path as seen from here."""
    if is_url(path) or os.path.isabs(path):
        return path
    seen = joined(folder, path)
    return os.path.normpath(seen) if path.startswith(os.pardir) else seen


def _key(file: str, folder: str) -> str:
    return f"{file}\0{folder}"


class _Plain(pickle.Pickler):
    """Writes options without those that change no bytes, in the same way in each process."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.fast = True  # equal values are written alike, whether they are one object or two

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Options):
            return NotImplemented
        kept = {name: item for name, item in vars(value).items() if name not in _WITHOUT_EFFECT}
        return dict, (sorted(kept.items()),)


def _digest(made_by: Iterable[object]) -> str:
    from hashlib import sha256

    written = io.BytesIO()
    _Plain(written).dump(list(made_by))
    return sha256(written.getvalue()).hexdigest()
