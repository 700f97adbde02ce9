"""The commands by name; the module of each is imported when it is called."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer

from convcli.options.typer_parsers import Command

__all__ = ["ABOUT", "Commands", "commands_for_help"]

# Commands in the order of ``--help`` with what it says of each; `convcli.commands` has a folder of each name.
ABOUT = {
    "filter": "Slide kernels over pictures: correlation, as a convolution layer computes it.",
    "pool": "Pool pictures: max, average, min, median or Lp pooling, as a pooling layer computes it.",
    "run": "Pass pictures through a stack of layers: a small network, without PyTorch.",
    "learn": "Find the kernel that makes one picture of another, and say what is known about it.",
    "show": "Show the numbers of a picture, or of the feature maps that kernels make of it.",
    "explain": "Explain one output pixel: what the window sees, the products, their sum, what is stored.",
    "spectrum": "Check the convolution theorem: multiplying spectra is sliding the kernel, with wrap "
    "padding.",
    "compare": "Measure what each padding does to the border: errors, depth, bias, and which mode is best.",
    "kernels": "List the named kernels; draw them all, show one, or export it.",
    "formats": "List the file formats: what is read and written exactly, and what is only tried.",
}


def commands_for_help() -> dict[str, Any]:
    """Return each command with its help line alone, for ``--help``: their modules are not imported."""
    return {name: Command(name, help=about) for name, about in ABOUT.items()}


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
