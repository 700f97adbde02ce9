"""The modules of a network as code, and what sets their weights: files that are loaded, or literals."""

import os
from collections.abc import Iterator

from convcli.commands.translate.python_script import quoted
from convcli.commands.translate.targets.torch_words import tensor_lines
from convcli.errors import CannotTranslate
from convcli.kernels.kernel import Array
from convcli.stacks.weights import split_reference
from convcli.stores.urls import is_url

__all__ = ["Modules"]

# A layer that PyTorch has no module for.
_APPLY = """
class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)

"""


class Modules:
    """Collects the code of modules in order; files of weights are relative to `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._modules: list[str] = []
        self._weights: list[str] = []
        self._files: dict[str, str] = {}  # names in the code, by the call that loads the file

    def add(self, module: str) -> None:
        """Add a module."""
        self._modules.append(module)

    def set(self, name: str, value: str | Array, view: str = "") -> None:
        """Set a parameter of the last module to a literal, or to the tensor that ``"file.npz:name"`` names.

        `view` is what makes a view of the parameter that values are broadcast to.
        """
        last = f"net[{len(self._modules) - 1}].{name}.data{view}[:]"
        if isinstance(value, str):
            self._weights.append(f"{last} = {self._loaded(value)}")
        else:
            self._weights += tensor_lines(last, value, "")

    def _loaded(self, reference: str) -> str:
        path, kind, member = split_reference(reference, "weights")
        path = os.path.join(self._folder, path)
        if is_url(path):
            raise CannotTranslate("PyTorch loads no weights from a URL", hint="copy the stack's files here")
        call = f"{'load_file' if kind == 'safetensors' else 'np.load'}({quoted(path)})"
        loaded = self._files.setdefault(call, f"weights{len(self._files) + 1 if self._files else ''}")
        if kind != "npy":
            loaded = f"{loaded}[{quoted(member)}]" if member else f"next(iter({loaded}.values()))"
        return loaded if kind == "safetensors" else f"torch.from_numpy({loaded})"

    def lines(self) -> Iterator[str]:
        """Return the lines that make the network ``net``."""
        if any("Apply(" in module for module in self._modules):
            yield from _APPLY.split("\n")
        yield from (f"{name} = {call}" for call, name in self._files.items())
        yield "net = nn.Sequential("
        yield from (f"    {module}," for module in self._modules)
        yield ").eval()"
        yield from self._weights
