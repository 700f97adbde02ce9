"""Zarr stores by URL, through fsspec; imported when the package zarr is there."""

from collections.abc import Mapping
from typing import Any

from zarr.abc.store import Store
from zarr.core.buffer import Buffer
from zarr.storage import FsspecStore, WrapperStore

from convcli.atomic_write import already_there
from convcli.errors import ConvcliError, ImageError, MissingExtraError, OutputError
from convcli.imaging.zarr.zarr_place import METADATA
from convcli.stores.files import check_writable, opened, public

__all__ = ["ZarrUrl", "holds", "store_at"]

# Metadata files of Zarr v2 and v3: those at the root make a store of what is there, and are written last.
_METADATA = (*METADATA, ".zattrs")


def store_at(url: str, kind: type[ConvcliError] = ImageError, *, read_only: bool = True) -> Store:
    """Return the store at a URL; what fails is an error of `kind`."""
    try:
        from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
    except ImportError as error:
        raise MissingExtraError(repr(public(url)), "remote") from error
    with opened(url, kind) as (files, path, _):
        return FsspecStore(AsyncFileSystemWrapper(files, asynchronous=True), read_only=read_only, path=path)


class ZarrUrl:
    """A store at a URL in the making: without its metadata, which come last, it is none.

    What it replaces is removed at the start, as chunks of two stores would be mixed.
    """

    def __init__(self, url: str, *, replace: bool) -> None:
        check_writable(url)
        self.at, self._finished = url, False
        with opened(url, OutputError) as (files, path, _):
            if any(files.exists(f"{path}/{name}") for name in METADATA):
                if not replace:
                    raise already_there(public(url))
                files.rm(path, recursive=True)
        self.store = _MetadataLast(store_at(url, OutputError, read_only=False))

    def put(self, content: Mapping[str, bytes]) -> None:
        """Write files, those that make it a store at the end."""
        with opened(self.at, OutputError) as (files, path, _):
            for last in (False, True):
                chosen = {
                    f"{path}/{name}": data for name, data in content.items() if (name in _METADATA) is last
                }
                files.pipe(chosen)

    def finish(self) -> None:
        """Write the metadata."""
        self.put({name: value.to_bytes() for name, value in self.store.held.items()})
        self._finished = True

    def abort(self) -> None:
        """Remove what has been written; nothing happens after `finish`."""
        if self._finished:
            return
        with opened(self.at, OutputError) as (files, path, _):
            if files.exists(path):
                files.rm(path, recursive=True)


def holds(url: str, content: Mapping[str, bytes]) -> bool:
    """Whether the store at a URL has exactly these files."""
    with opened(url, OutputError) as (files, path, _):
        if not files.exists(path):
            return False
        found: dict[str, Any] = files.cat(path, recursive=True)
        return {name.removeprefix(path).lstrip("/"): data for name, data in found.items()} == content


class _MetadataLast(WrapperStore[Store]):
    """Keeps the metadata back."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.held: dict[str, Buffer] = {}

    async def set(self, key: str, value: Buffer) -> None:
        if key.rpartition("/")[2] in _METADATA:
            self.held[key] = value
        else:
            await super().set(key, value)
