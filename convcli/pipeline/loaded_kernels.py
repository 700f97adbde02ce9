"""The kernels that a command slides, and the labels of the feature maps that they give."""

import os
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from convcli.choices import Combine, Method
from convcli.engine.correlation.correlate import check_weights
from convcli.errors import UsageError
from convcli.kernels.files.read import is_kernel_file
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import FilterSpec
from convcli.stores.urls import is_url, plain

__all__ = ["LoadedKernels", "combines_by_itself", "load_kernels", "without_folders"]


class LoadedKernels(NamedTuple):
    """The kernels of one command, normalised and rotated as asked, and what belongs to each feature map."""

    kernels: tuple[Kernel, ...] = ()
    labels: tuple[str, ...] = ()  # of each map, all different: they name files
    names: tuple[str, ...] = ()  # the SPEC of each map's kernel
    # For each map, the kernels at whose windows' centres alpha is sampled, in turn: all of a chain, the first
    # of combined kernels, else the map's own.
    alpha_kernels: tuple[tuple[Kernel, ...], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for stderr about how the kernels were read."""
        return tuple(dict.fromkeys(note for found in self.kernels for note in found.notes))


def load_kernels(specs: Sequence[str], spec: FilterSpec) -> LoadedKernels:
    """Read the kernels of a command."""
    kernels = []
    for text in specs:
        found = kernel(text)
        if spec.normalize:
            found = found.normalized()
        kernels.append(found.rotated() if spec.convolve else found)
        if spec.method not in (Method.AUTO, Method.FFT):
            for weights in found.components:
                check_weights(spec.method, weights.size)
    if spec.chain:
        for found in kernels:
            if len(found.components) > 1 and not combines_by_itself(found, spec.combine):
                raise UsageError(
                    f"kernel {found.name!r} gives {len(found.components)} feature maps",
                    hint="--chain needs kernels that give one",
                )
    if spec.chain or spec.combine not in (None, Combine.NONE):
        label = "-".join(found.stem for found in kernels)
        passed = tuple(kernels) if spec.chain else (kernels[0],)
        return LoadedKernels(tuple(kernels), (label,), (" ".join(specs),), (passed,))
    labels, names, alpha_kernels = [], [], []
    for text, found in zip(specs, kernels, strict=True):
        maps = 1 if combines_by_itself(found, spec.combine) else len(found.components)
        labels += [found.stem] if maps == 1 else [f"{found.stem}-{index}" for index in range(maps)]
        names += [text] * maps
        alpha_kernels += [(found,)] * maps
    return LoadedKernels(tuple(kernels), tuple(_different(labels)), tuple(names), tuple(alpha_kernels))


def _different(labels: Sequence[str]) -> list[str]:
    """Number those that are alike, as file systems that ignore case see it, by numbers that no other has."""
    times = Counter(label.casefold() for label in labels)
    taken = set(times)
    numbers = {folded: count(1) for folded in times}
    different = []
    for label in labels:
        folded = label.casefold()
        if times[folded] > 1:
            label = next(made for n in numbers[folded] if (made := f"{label}-{n}").casefold() not in taken)
            taken.add(label.casefold())
        different.append(label)
    return different


def combines_by_itself(found: Kernel, combine: Combine | None) -> bool:
    """Whether the kernel combines its own components into one map, as --combine does not say otherwise."""
    return combine is None and found.combine is not Combine.NONE


def without_folders(spec: str) -> str:
    """Return a SPEC as pages and pictures show it, which others may see: of a file only its name."""
    is_file = is_kernel_file(spec) or os.path.isabs(spec) or is_url(spec)
    return os.path.basename(plain(spec)) if is_file else spec
