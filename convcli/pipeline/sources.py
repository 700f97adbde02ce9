"""The files that inputs name: what folders and patterns hold, and an error where they hold no pictures.

Globbing and the table of formats are imported where needed: ``filter`` of a named file starts without them.
"""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from errno import EACCES

from convcli.choices import STDIN
from convcli.errors import ConvcliError, ImageError
from convcli.imaging.zarr.zarr_place import is_store, zarr_place
from convcli.pipeline.written import Stamp
from convcli.stores.files import Found, find, is_url, matches, plain, public, same
from convcli.stores.files import is_pattern as is_url_pattern

__all__ = ["Source", "find_sources", "is_pattern"]


@dataclass(frozen=True, slots=True)
class Source:
    """One input: its path, URL or ``-``, and its folder below the one that was named, for derived names."""

    path: str
    folder: str = ""
    error: ConvcliError | None = None  # why it could not even be looked for
    stamp: Stamp | None = field(default=None, compare=False)  # as a store's list has it
    ours: set[str] = field(default_factory=set, compare=False)  # absolute paths of its results so far
    notes: list[str] = field(default_factory=list, compare=False)  # about the picture, once it is read

    def made(self, path: str) -> bool:
        """Whether a file is known as a result of this input, which may be replaced."""
        return os.path.abspath(path) in self.ours

    @property
    def name(self) -> str:
        """The path as messages have it."""
        return "stdin" if self.path == STDIN else public(self.path)

    @property
    def stem(self) -> str:
        """The name of the file without folder and suffix, for derived names."""
        name = os.path.splitext(os.path.basename(plain(self.file)))[0].removesuffix(".zarr")
        return "stdin" if self.path == STDIN else name or "picture"

    def is_at(self, path: str) -> bool:
        """Whether the file at `path` is this input, by another spelling or a link too."""
        if is_url(path) or is_url(self.path):
            return is_url(path) and is_url(self.path) and same(self.file, path)
        try:
            written = os.stat(path)
            read = os.fstat(sys.stdin.fileno()) if self.path == STDIN else os.stat(self.file)
        except (OSError, ValueError, AttributeError):  # not there, or stdin is no file, or closed
            return False
        file = stat.S_ISREG(read.st_mode) or stat.S_ISDIR(read.st_mode)
        return file and os.path.samestat(read, written)

    @property
    def file(self) -> str:
        """The file that is read: ``two.npz`` for its array ``two.npz:a``, a Zarr store for what is in it."""
        if (place := zarr_place(self.path)) is not None:
            return place.store
        end = self.path.lower().rfind(".npz:") + len(".npz")
        return self.path if end < len(".npz") or os.path.lexists(self.path) else self.path[:end]


def find_sources(inputs: Sequence[str], *, recursive: bool) -> Iterator[Source]:
    """Yield each input in order, for a pattern what it matches; with `recursive`, for a folder its pictures.

    A pattern that is the name of a file is that file, as for a shell.
    """
    for given in inputs:
        if is_url(given):
            yield from _in_store(given, recursive=recursive)
        elif is_pattern(given):
            yield from _matches(given, recursive=recursive)
        elif recursive and given != STDIN and os.path.isdir(given) and not is_store(given):
            yield from _walk(given) or [_no_pictures(given)]
        else:
            waits = recursive and given != STDIN and not _is_readable(given)
            yield _unsuitable(given) if waits else Source(given)


def is_pattern(given: str) -> bool:
    """Whether an input stands for the files that it matches: it has a wildcard, and is not a file's name."""
    if is_url(given):
        return is_url_pattern(given)
    return bool(set(given) & set("*?[")) and not os.path.lexists(Source(given).file)


def _in_store(url: str, *, recursive: bool) -> list[Source]:
    """Return the inputs that a URL names, matches, or, with `recursive`, holds; a failure is one of them."""
    from convcli.imaging.formats import is_picture

    pattern = is_url_pattern(url)
    if not pattern and (not recursive or is_picture(url) or zarr_place(url)):
        return [Source(url)]
    try:
        found = matches(url, recursive=recursive) if pattern else find(url)
    except ConvcliError as error:
        return [Source(url, error=error)]
    sources = [
        Source(one.url, one.folder, stamp=Stamp(*one.identity) if one.identity[1] else None)
        for one in dict.fromkeys(map(_whole, found))
        if one.named or is_picture(one.url)
    ]
    if pattern and not sources:  # brackets alone may be meant as they stand
        return [_nothing_matches(url) if set(url) & set("*?") else Source(url)]
    return sources or [_no_pictures(url)]


def _whole(found: Found) -> Found:
    """Return the Zarr store that a file is in, where only a folder above them was named; else the file."""
    place = None if found.named else zarr_place(found.url)
    if place is None:
        return found
    folders = found.folder.split("/")[: -1 - place.member.count("/")]
    return Found(place.store, "/".join(folders), named=True)


def _matches(pattern: str, *, recursive: bool) -> Iterator[Source]:
    fixed, _ = _split(pattern)
    found = {source.path: source for source in _expanded(pattern)}
    sources: list[Source] = []
    for path, source in sorted(found.items()):
        if source.error is None and recursive and os.path.isdir(path) and not is_store(path):
            sources += _walk(path)
        elif source.error is not None or _is_readable(path) or os.path.isdir(path):
            sources.append(source)
    if not sources:
        wild = set(pattern) & set("*?")  # brackets alone may be meant as they stand, as in photo[1].png
        sources = [_nothing_matches(pattern) if wild else Source(pattern)]
    for source in sources:
        below = os.path.relpath(os.path.dirname(source.path) or os.curdir, fixed)
        yield replace(source, folder="" if below.split(os.sep)[0] in (os.curdir, os.pardir) else below)


def _split(pattern: str) -> tuple[str, list[str]]:
    """Return the folder in front of a pattern's first wildcard, and the parts of the path from there on."""
    from glob import has_magic

    parts = pattern.replace(os.altsep or os.sep, os.sep).split(os.sep)
    at = next((index for index, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
    return os.sep.join(parts[:at]) or (os.sep if at else os.curdir), parts[at:]


def _expanded(pattern: str) -> Iterator[Source]:
    """Yield what a pattern matches, once or more, and the folders on its way that may not be read.

    Below ``**``, links to folders are not followed: they can lead in circles.
    """
    from glob import escape, glob, has_magic

    parts = pattern.replace(os.altsep or os.sep, os.sep).split(os.sep)
    if "**" in parts:
        at = parts.index("**")
        for top in _expanded(os.sep.join(parts[:at]) or (os.sep if at else os.curdir)):
            if top.error is not None or (at == len(parts) - 1 and os.path.isdir(top.path)):
                yield top
                continue
            failed: list[OSError] = []
            for here, below, _ in os.walk(top.path, onerror=failed.append):
                below[:] = [
                    name
                    for name in below
                    if not name.startswith(".") and not is_store(os.path.join(here, name))
                ]
                inside = "" if here == os.curdir else escape(here.removeprefix(os.curdir + os.sep))
                yield from _expanded(os.path.join(inside, *parts[at + 1 :]))
            yield from map(_unreadable, failed if os.path.isdir(top.path) else ())
        return
    yield from map(Source, glob(pattern))
    above = os.path.dirname(pattern)
    folders: list[str] = []
    while has_magic(above):  # `glob` passes over folders that may not be read
        folders += glob(above)
        above = os.path.dirname(above)
    for folder in [*folders, above]:
        if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
            yield _unreadable(PermissionError(EACCES, os.strerror(EACCES), folder))


def _walk(folder: str) -> list[Source]:
    """Return the pictures in a folder and those below it, then the folders that cannot be read."""
    from convcli.imaging.formats import is_picture

    failed: list[OSError] = []
    found: list[Source] = []
    for here, below, names in os.walk(folder, onerror=failed.append):
        relative = os.path.relpath(here, folder)
        stores = {name for name in below if is_store(os.path.join(here, name))}
        below[:] = sorted(set(below) - stores)
        paths = [os.path.join(here, name) for name in sorted([*filter(is_picture, names), *stores])]
        found += [
            Source(path, "" if relative == os.curdir else relative) for path in paths if _is_readable(path)
        ]
    return [*found, *map(_unreadable, failed)]


def _is_readable(path: str) -> bool:
    """Whether a file in a folder is a regular one, or a store: pipes could wait, and devices never end.

    A link to nothing is left to be read, which says what is wrong.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode) or is_store(path)
    except (OSError, ValueError):
        return True


def _failed(path: str, message: str, hint: str) -> Source:
    return Source(path, error=ImageError(message, hint=hint))


def _no_pictures(folder: str) -> Source:
    hint = "files such as .png .jpg .tif .webp .npy are looked for; name others, such as .csv, one by one"
    return _failed(folder, f"no pictures found in {folder!r}", hint)


def _nothing_matches(pattern: str) -> Source:
    if is_url(pattern):
        hint = "check its suffix; where a web server does not list its files, name them one by one"
        return _failed(pattern, f"no pictures found: nothing matches {public(pattern)!r}", hint)
    fixed, parts = _split(pattern)
    deep = os.path.join("" if fixed == os.curdir else fixed, "**", parts[-1])
    if not os.path.isdir(fixed):
        hint = f"there is no folder {fixed!r}"
    elif "**" in parts:
        hint = "check its suffix, and the case of its letters"
    else:
        hint = f"{deep!r} looks in all folders below"
    return _failed(pattern, f"no pictures found: nothing matches {pattern!r}", hint)


def _unsuitable(path: str) -> Source:
    """Return a pipe or device among the names that a shell has made of a pattern."""
    return _failed(path, f"{path!r} is a pipe or a device", "leave --recursive out to read it")


def _unreadable(error: OSError) -> Source:
    folder = os.path.normpath(os.fsdecode(error.filename or "?"))
    reason = (error.strerror or "it failed").lower()
    return _failed(folder, f"folder {folder!r} cannot be read: {reason}", "see its permissions")
