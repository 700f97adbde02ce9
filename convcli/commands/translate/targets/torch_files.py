"""The files that a stack names, as code that loads their tensors."""

import os
from typing import NamedTuple

from convcli.commands.translate.python_script import quoted
from convcli.commands.translate.targets.torch_words import tensor_lines
from convcli.kernels.kernel import Array

__all__ = ["Sources", "split", "tensor", "tensor_of"]


class Sources(NamedTuple):
    """The folder of the files that a stack names, and the name in the code of each that is loaded."""

    folder: str
    loaded: dict[str, str]

    def file(self, path: str) -> str:
        """Return the name of a file's tensors."""
        function = "load_file" if path.lower().endswith(".safetensors") else "np.load"
        call = f"{function}({quoted(os.path.join(self.folder, path))})"
        return self.loaded.setdefault(call, f"weights{len(self.loaded) + 1 if self.loaded else ''}")


def tensor_of(value: object, name: str, array: Array, *, sources: Sources) -> tuple[str, tuple[str, ...]]:
    """Return the tensor that a key of a stack names, and lines before: it is in a file, or written out."""
    if not isinstance(value, str):
        return name, tuple(tensor_lines(name, array, "torch.float32"))
    path, member = split(value)
    loaded = sources.file(path)
    if not path.lower().endswith(".npy"):
        loaded += f'["{member}"]' if member else ""
        loaded = loaded if member else f"next(iter({loaded}.values()))"
    return tensor(loaded, path), ()


def split(reference: str) -> tuple[str, str]:
    """Return the file and the name of the tensor in ``"file.npz:name"``."""
    for suffix in (".safetensors", ".npz", ".npy"):
        if (at := reference.lower().find(suffix)) >= 0:
            end = at + len(suffix)
            return reference[:end], reference[end + 1 :]
    return reference, ""


def tensor(loaded: str, path: str) -> str:
    """Return the expression that makes a tensor of floats of what is loaded from a file."""
    if path.lower().endswith(".safetensors"):
        return f"{loaded}.float()"
    return f"torch.from_numpy({loaded}).float()"
