"""Read the weights of a stack: from its TOML file, ``.npy``, ``.npz`` or ``.safetensors``."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convcli.arrayfiles.read import ArrayFileError, DamagedError, array_names, read_array, tensors
from convcli.errors import KernelError, UsageError
from convcli.kernels.files.mapping import nested
from convcli.stores.files import opened_file

__all__ = ["Weights", "split_reference"]

Array = NDArray[Any]

# A file of tensors, optionally with the name of one: ``file.npz:name``.
_REFERENCE = re.compile(r"(.+?\.(npy|npz|safetensors))(?::(.*))?", re.IGNORECASE | re.DOTALL)
# Names that are compared with one that is not there, and letters of that: each takes 20 microseconds.
_COMPARED = 1000
# Files of other frameworks, which are not read, for the error that says so.
_OTHERS = re.compile(r".+\.(pt|pth|bin|ckpt|h5|onnx)(:.*)?", re.IGNORECASE | re.DOTALL)


class Weights:
    """Reads the arrays that a stack names; paths are relative to `folder`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.files: list[str] = []  # that were read, of weights and kernels
        self.notes: list[str] = []  # about how kernels were read
        self._headers: dict[str, dict[str, Any]] = {}  # of .safetensors, by path: they may take seconds

    def array(self, value: object, what: str) -> Array:
        """Return the array of nested lists, a number, or the file and name in ``"file.npz:name"``."""
        if isinstance(value, str):
            found = self._read(value, what)
        else:
            try:
                found = nested(value, what)
            except KernelError as error:
                raise UsageError(error.message, hint=error.hint) from error
        if found.dtype.kind not in "biuf" or found.dtype.itemsize > 8:
            raise UsageError(
                f"{what} holds values of type {found.dtype}", hint="store reals of up to 64 bits, or integers"
            )
        if not np.isfinite(found).all():
            raise UsageError(f"{what} holds values that are not finite numbers", hint="replace them first")
        return found

    def names(self, reference: str, what: str) -> tuple[str, list[str]]:
        """Return the path and prefix of ``"file:prefix"``, for further references, and the tensor names."""
        path, kind, member = split_reference(reference, what)
        with self._opened(path, what) as file:
            return f"{path}:{member}", list(self._names(file, path, kind))

    def _read(self, reference: str, what: str) -> Array:
        path, kind, member = split_reference(reference, what)
        with self._opened(path, what) as file:
            if kind != "npy":
                names = self._names(file, path, kind)
                if not member and len(names) == 1:
                    (member,) = names
                if member not in names:
                    raise _no_tensor(path, member, list(names), what)
            return read_array(file, kind, member, header=self._headers.get(path))

    def _names(self, file: BinaryIO, path: str, kind: str) -> Collection[str]:
        if kind != "safetensors":
            return array_names(file, kind)
        if path not in self._headers:
            self._headers[path] = tensors(file)
        return self._headers[path]

    @contextmanager
    def _opened(self, path: str, what: str) -> Iterator[BinaryIO]:
        """Open a file of tensors; errors until it is closed become UsageErrors."""
        self.files.append(os.path.join(self.folder, path))
        try:
            with opened_file(self.files[-1], UsageError) as file:
                yield file
        except UsageError:
            raise
        except FileNotFoundError as error:
            raise UsageError(
                f"{what}: no such file: {path!r}", hint="paths are relative to the stack's folder"
            ) from error
        except (OSError, ValueError, DamagedError) as error:
            reason = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error)
            raise UsageError(
                f"{what}: {path!r} cannot be read: {reason}", hint="write or copy it once more"
            ) from error
        except ArrayFileError as error:
            raise UsageError(f"{what}: {path!r}{error.message}", hint=error.hint) from error


def split_reference(reference: str, what: str) -> tuple[str, str, str]:
    """Return the path, its kind of file, and the name of the tensor or ``""``."""
    found = _REFERENCE.fullmatch(reference)
    if found is not None:
        return found[1], found[2].lower(), found[3] or ""
    if _OTHERS.fullmatch(reference):
        raise UsageError(
            f"{what}: {reference!r} is a kind of file that can run code or needs its own library",
            hint="save the weights as .safetensors or .npz",
        )
    raise UsageError(
        f"{what}: {reference!r} does not name a tensor",
        hint='write nested lists, "file.npz:name" or "file.safetensors:name"',
    )


def _no_tensor(path: str, member: str, known: list[str], what: str) -> UsageError:
    close = get_close_matches(member[:_COMPARED], known[:_COMPARED], n=3, cutoff=0.5)
    some = (", ".join(known[:8]) or "none") + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close and member else f"it holds: {some}"
    if not member:
        return UsageError(f"{what}: {path!r} holds {len(known)} tensors", hint=f"name one of {some}")
    return UsageError(f"{what}: {path!r} holds no tensor {member!r}", hint=hint)
