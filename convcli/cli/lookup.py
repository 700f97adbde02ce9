"""The commands by name; the module of each is imported when it is called."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer

__all__ = ["ABOUT", "Commands"]

# Commands in the order of ``--help``, each with its own first line; `convcli.commands` has a folder of each.
ABOUT = {
    "filter": "Slide kernels over pictures, as a convolution layer computes it.",
    "pool": "Max, average, min, median or Lp pooling of pictures.",
    "run": "Pass pictures through a stack of layers: a small network.",
    "learn": "Find the kernel that makes one picture of another.",
    "show": "Show the numbers of a picture, or of its feature maps.",
    "explain": "Explain one output pixel: its window, products and sum.",
    "spectrum": "Check the convolution theorem, and draw the spectra.",
    "compare": "Measure what each padding does to the border.",
    "translate": "Write a filter as another tool's code, or read its calls.",
    "kernels": "List the named kernels; draw them all, show one, or export it.",
    "formats": "List the file formats: what is read and written exactly.",
    "help": "Show the help of a command.",
}


@cache
def _load(name: str) -> Any:
    alone = typer.Typer(add_completion=False)
    import_module(f"convcli.commands.{name}.command").register(alone)
    return typer.main.get_group(alone).commands[name]


class Commands(Mapping[str, Any]):
    """A mapping of names to commands, which imports a command's module on look-up."""

    def __getitem__(self, name: str) -> Any:
        if name not in ABOUT:
            raise KeyError(name)
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(ABOUT)

    def __len__(self) -> int:
        return len(ABOUT)
