"""Zarr stores by URL, through fsspec; imported when the package zarr is there."""

from collections.abc import Mapping

from zarr.abc.store import Store
from zarr.core.buffer import Buffer
from zarr.storage import FsspecStore, WrapperStore

from convcli.atomic_write import already_there
from convcli.errors import ConvcliError, ImageError, MissingExtraError, OutputError
from convcli.imaging.zarr.zarr_place import METADATA
from convcli.stores.files import check_writable, opened, public

__all__ = ["ZarrUrl", "held", "store_at"]

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
        self._url, self._finished, self._last = url, False, dict[str, bytes]()
        with opened(url, OutputError) as (files, path, _):
            if any(files.exists(f"{path}/{name}") for name in METADATA):
                if not replace:
                    raise already_there(public(url))
                files.rm(path, recursive=True)
        self.store = _WithoutMetadata(store_at(url, OutputError, read_only=False), self._last)

    def put(self, content: Mapping[str, bytes]) -> None:
        """Write files, and keep back those that make it a store."""
        self._last.update({name: data for name, data in content.items() if name in _METADATA})
        self._pipe({name: data for name, data in content.items() if name not in _METADATA})

    def _pipe(self, content: Mapping[str, bytes]) -> None:
        with opened(self._url, OutputError) as (files, path, _):
            files.pipe({f"{path}/{name}": data for name, data in content.items()})

    def finish(self) -> None:
        """Write the metadata."""
        self._pipe(self._last)
        self._finished = True

    def abort(self) -> None:
        """Remove what has been written; nothing happens after `finish`."""
        if not self._finished:
            with opened(self._url, OutputError) as (files, path, _):
                if files.exists(path):
                    files.rm(path, recursive=True)


def held(url: str) -> dict[str, bytes]:
    """Return the files of the store at a URL."""
    with opened(url, OutputError) as (files, path, _):
        found: dict[str, bytes] = files.cat(path, recursive=True) if files.exists(path) else {}
        return {name.removeprefix(path).lstrip("/"): data for name, data in found.items()}


class _WithoutMetadata(WrapperStore[Store]):
    """Writes all but the metadata, which are put into `kept`."""

    def __init__(self, store: Store, kept: dict[str, bytes]) -> None:
        super().__init__(store)
        self._kept = kept

    async def set(self, key: str, value: Buffer) -> None:
        if key.rpartition("/")[2] in _METADATA:
            self._kept[key] = value.to_bytes()
        else:
            await super().set(key, value)
