"""Numbers of a stack, wherever they are: in the TOML file, ``.npy``, ``.npz`` or ``.safetensors``."""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.errors import KernelError, UsageError
from convcli.kernels.files.mapping import nested

__all__ = ["Weights"]

Array = NDArray[Any]

_REFERENCE = re.compile(r"(.+?\.(npy|npz|safetensors))(?::(.*))?", re.IGNORECASE | re.DOTALL)
_OTHERS = re.compile(r".+\.(pt|pth|bin|ckpt|h5|onnx)(:.*)?", re.IGNORECASE | re.DOTALL)


class Weights:
    """Reads the numbers that a stack names; paths are relative to `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def array(self, value: object, what: str) -> Array:
        """Return the array that `value` is or names: nested lists, a number, or ``"file.npz:name"``.

        Raises
        ------
        UsageError
            There is no such file or tensor, or it is not made of finite numbers.
        """
        if isinstance(value, str):
            found = self._read(value, what)
        else:
            try:
                found = nested(value, what)
            except KernelError as error:
                raise UsageError(error.message, hint=error.hint) from error
        if found.dtype.kind not in "biuf" or not np.isfinite(found).all():
            raise UsageError(f"{what} holds values that are not finite numbers", hint="replace them first")
        return found

    def names(self, reference: str, what: str) -> tuple[str, list[str]]:
        """Return the file that ``"file:prefix"`` names, for further references, and its tensors' names."""
        path, member = self._split(reference, what)
        with _Errors(path, what):
            return f"{path}:{member}", _members(os.path.join(self.folder, path))

    def _read(self, reference: str, what: str) -> Array:
        path, member = self._split(reference, what)
        with _Errors(path, what):
            place = os.path.join(self.folder, path)
            if path.lower().endswith(".npy"):
                with open(place, "rb") as file:
                    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
            names = _members(place)
            if not member and len(names) == 1:
                member = names[0]
            if member not in names:
                raise _no_tensor(path, member, names, what)
            return _member(place, member)

    def _split(self, reference: str, what: str) -> tuple[str, str]:
        found = _REFERENCE.fullmatch(reference)
        if found is not None:
            return found[1], found[3] or ""
        if _OTHERS.fullmatch(reference):
            raise UsageError(
                f"{what}: {reference!r} is a kind of file that can run code or needs its own library",
                hint="save the weights as .safetensors or .npz",
            )
        raise UsageError(
            f"{what}: {reference!r} does not name a tensor",
            hint='write nested lists, "file.npz:name" or "file.safetensors:name"',
        )


class _Errors:
    """Turns whatever reading a file of tensors raises into a UsageError."""

    def __init__(self, path: str, what: str) -> None:
        self.path, self.what = path, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, UsageError) or not isinstance(error, Exception):
            return
        if isinstance(error, FileNotFoundError):
            raise UsageError(
                f"{self.what}: no such file: {self.path!r}", hint="paths are relative to the stack's folder"
            ) from error
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
        raise UsageError(
            f"{self.what}: {self.path!r} cannot be read: {reason}", hint="write or copy it once more"
        ) from error


def _members(place: str) -> list[str]:
    if place.lower().endswith(".npz"):
        import zipfile

        with zipfile.ZipFile(place) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    from convcli.arrayfiles.safetensors import read_header

    with open(place, "rb") as file:
        return list(read_header(file))


def _member(place: str, name: str) -> Array:
    if place.lower().endswith(".npz"):
        with np.load(place, allow_pickle=False) as archive:
            return np.asarray(archive[name])
    from convcli.arrayfiles.safetensors import read_header, read_tensor

    with open(place, "rb") as file:
        return read_tensor(file, read_header(file)[name])


def _no_tensor(path: str, member: str, names: Iterable[str], what: str) -> UsageError:
    known = list(names)
    close = get_close_matches(member, known, n=3, cutoff=0.5)
    some = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close and member else f"it holds: {some}"
    if not member:
        return UsageError(f"{what}: {path!r} holds {len(known)} tensors", hint=f"name one of {some}")
    return UsageError(f"{what}: {path!r} holds no tensor {member!r}", hint=hint)
