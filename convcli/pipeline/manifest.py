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
from convcli.errors import UsageError
from convcli.options.batch_options import BatchSpec
from convcli.options.option_groups import Options
from convcli.options.specs import WriteSpec
from convcli.pipeline.batch import Outcome, Source
from convcli.pipeline.json_lines import JsonLines
from convcli.pipeline.stored_lines import StoredLines
from convcli.pipeline.written import Stamp, Written, stamp
from convcli.stores import is_url, joined, public

__all__ = ["MANIFEST", "Manifest", "manifest_of"]

# The name of the file in the folder of the results.
MANIFEST = ".convcli-manifest.jsonl"

# Options that change no bytes of a result: where to, which inputs are taken, how many processes.
_WITHOUT_EFFECT = {"force", "jobs", "max_pixels", "out_dir", "output", "preview", "recursive", "sheet"}

# What else may change bytes: encoders, and the rounding of sums.
_VERSION = f"convcli {__version__}, NumPy {np.__version__}, Pillow {PIL.__version__}"


def manifest_of(
    writing: WriteSpec,
    count: int | None,
    spreading: BatchSpec,
    made_by: Iterable[object],
    beside: Iterable[str | None],
) -> "Manifest | None":
    """Return the manifest of a batch of `count` inputs (None: not known); one input has none unasked.

    `made_by` is all that the bytes of results depend on, but for the inputs and for versions; `beside` are
    the places of other files that are made of each input.
    """
    if writing.out_dir is None:
        if spreading.resume:
            raise UsageError("--resume needs the folder of the results", hint="add --out-dir DIR, or -o DIR/")
        return None
    if count == 1 and not spreading.resume:
        return None
    places = [None if place is None else _seen_from(writing.out_dir, place) for place in beside]
    return Manifest(writing.out_dir, _digest([*made_by, places]), resume=spreading.resume)


class _Entry(NamedTuple):
    """A line of the manifest."""

    input: str  # as given
    file: str  # its path in its real folder
    folder: str  # its folder below the one that was named, which the names of results have too
    stamp: Stamp
    options: str  # their digest
    version: str
    results: tuple[tuple[str, Written], ...]  # each an ``output``, ``sheet`` or ``map``

    @property
    def key(self) -> str:
        return _key(self.file, self.folder)

    def as_json(self) -> dict[str, Any]:
        values = self._asdict() | self.stamp._asdict()
        values["results"] = [
            {"kind": kind, "path": made.path, **made.stamp._asdict(), "sha256": made.sha256}
            for kind, made in self.results
        ]
        del values["stamp"]
        return values

    @classmethod
    def of_json(cls, value: Any) -> "_Entry | None":
        """Return the entry in a JSON value; None where it is none."""
        try:
            results = [
                (one["kind"], Written(one["path"], Stamp(one["size"], one["changed"]), one["sha256"]))
                for one in value["results"]
            ]
            known = Stamp(value["size"], value["changed"]), value["options"], value["version"]
            entry = cls(value["input"], value["file"], value["folder"], *known, tuple(results))
        except (TypeError, KeyError):
            return None
        named = [part for kind, made in entry.results for part in (kind, made.path, made.sha256)]
        texts = [entry.input, entry.file, entry.folder, entry.options, entry.version, *named]
        stamps = [entry.stamp, *(made.stamp for _, made in entry.results)]
        good = all(isinstance(text, str) for text in texts) and all(
            isinstance(size, int | None) and isinstance(changed, int | str) for size, changed in stamps
        )
        return entry if good and entry.results else None


class Manifest:
    """The record of a batch whose results go to `folder`, made by options with the digest `options`."""

    def __init__(self, folder: str, options: str, *, resume: bool) -> None:
        self.folder, self.options, self.resume = folder, options, resume
        kind = StoredLines if is_url(folder) else JsonLines
        self._lines = kind(joined(folder, MANIFEST), _key_of)
        self._is_read = False

    @property
    def notes(self) -> list[str]:
        """Lines for people about the file."""
        return self._lines.notes

    def kept(self, source: Source) -> Outcome | None:
        """Return the outcome of an input that is done: it, its options and its results are as they were.

        Of an input that is to be done again, the results that are known are those that may be replaced.
        """
        if source.error is not None or source.path == STDIN:
            return None
        if not self.resume:
            return None
        known = source.stamp is not None and source.stamp.changed
        now = source.stamp if known else stamp(source.file)
        if now is None:
            return None
        if not self._is_read:
            self._is_read = True
            self._lines.index()
        for entry in map(_Entry.of_json, self._lines.find(_key(_file(source), source.folder))):
            if entry is None:
                continue
            results = [
                (kind, made._replace(path=_below(self.folder, made.path))) for kind, made in entry.results
            ]
            if (entry.stamp, entry.options, entry.version) == (now, self.options, _VERSION) and all(
                self._lines.is_whole(made) for _, made in results
            ):
                return _outcome(source, results)
            source.ours.update(os.path.abspath(made.path) for _, made in results)
        return None

    def add(self, source: Source, outcome: Outcome) -> None:
        """Append the results of an input, unless it failed."""
        begun = outcome.begun
        if outcome.error is not None or begun is None:
            return
        known = {made.path: made for made in outcome.files}
        results = list[tuple[str, Written]]()
        for kind, path in _named(outcome):
            found = None if path in known else stamp(path)
            made = known.get(path) or (Written(path, found) if found is not None else None)
            if made is None:
                return
            results.append((kind, made._replace(path=_seen_from(self.folder, path))))
        if results:
            file, folder = _file(source), source.folder
            entry = _Entry(public(source.path), file, folder, begun, self.options, _VERSION, tuple(results))
            self._lines.append(entry.as_json())

    def close(self) -> None:
        """Write what is not written yet."""
        self._lines.close()


def _named(outcome: Outcome) -> list[tuple[str, str]]:
    """Return kind and path of each file of an outcome."""
    maps = outcome.report.get("maps")
    sheets = [] if outcome.sheet is None else [outcome.sheet]
    return [
        *(("output", path) for path in outcome.outputs),
        *(("sheet", path) for path in sheets),
        *(("map", path) for path in (maps if isinstance(maps, list) else ())),
    ]


def _outcome(source: Source, results: Iterable[tuple[str, Written]]) -> Outcome:
    """Return the outcome of an input that is skipped."""
    paths: dict[str, list[str]] = {"output": [], "sheet": [], "map": []}
    for kind, made in results:
        paths.setdefault(kind, []).append(made.path)
    done = Outcome(source.path, tuple(paths["output"]), next(iter(paths["sheet"]), None), skipped=True)
    report = {"input": source.path, "output": done.output, "skipped": True}
    return done._replace(
        report=report
        | ({"sheet": done.sheet} if done.sheet else {})
        | ({"maps": paths["map"]} if paths["map"] else {})
    )


def _seen_from(folder: str, path: str) -> str:
    """Return a path relative to a folder; those in other places than the folder's store are whole."""
    if is_url(folder) and is_url(path):
        return public(path.removeprefix(f"{folder.rstrip('/')}/"))
    if is_url(folder) or is_url(path):
        return public(path) if is_url(path) else os.path.abspath(path)
    return os.path.relpath(path, folder)


def _below(folder: str, path: str) -> str:
    """Return such a path as seen from here."""
    if is_url(path) or os.path.isabs(path):
        return path
    return (
        os.path.normpath(os.path.join(folder, path)) if path.startswith(os.pardir) else joined(folder, path)
    )


def _file(source: Source) -> str:
    """Return the path of an input however it is spelled; a link has its own, as its results have its name."""
    if is_url(source.path):
        return public(source.path)
    folder, name = os.path.split(source.path)
    return os.path.join(os.path.realpath(folder), name)


def _key(file: str, folder: str) -> str:
    return f"{file}\0{folder}"


def _key_of(value: Any) -> str | None:
    entry = _Entry.of_json(value)
    return None if entry is None else entry.key


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
