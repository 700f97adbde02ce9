"""The kernels that a command slides, and the labels of the feature maps that they give."""

from collections.abc import Sequence
from typing import NamedTuple

from convcli.choices import Combine
from convcli.errors import UsageError
from convcli.kernels.kernel import Kernel
from convcli.kernels.spec import kernel
from convcli.options.specs import FilterSpec

__all__ = ["LoadedKernels", "joins", "load_kernels"]


class LoadedKernels(NamedTuple):
    """The kernels of one command, normalised and rotated as asked, and what belongs to each feature map."""

    kernels: tuple[Kernel, ...]
    labels: tuple[str, ...]  # of each map, all different: they name files
    names: tuple[str, ...]  # the SPEC of each map's kernel
    kernel_path: tuple[tuple[Kernel, ...], ...]  # the kernels that are applied in turn to give each map


def load_kernels(specs: Sequence[str], spec: FilterSpec) -> LoadedKernels:
    """Read the kernels of a command."""
    kernels = []
    for text in specs:
        found = kernel(text)
        if spec.normalize:
            found = found.normalized()
        kernels.append(found.rotated() if spec.convolve else found)
    if spec.chain:
        for found in kernels:
            if len(found.components) > 1 and not joins(found, spec.combine):
                raise UsageError(
                    f"kernel {found.name!r} gives {len(found.components)} feature maps",
                    hint="--chain needs kernels that give one",
                )
    if spec.chain or spec.combine not in (None, Combine.NONE):
        label = "-".join(found.stem for found in kernels)
        passed = tuple(kernels) if spec.chain else (kernels[0],)
        return LoadedKernels(tuple(kernels), (label,), (" ".join(specs),), (passed,))
    labels, names, kernel_path = [], [], []
    for text, found in zip(specs, kernels, strict=True):
        count = 1 if joins(found, spec.combine) else len(found.components)
        labels += [found.stem] if count == 1 else [f"{found.stem}-{index}" for index in range(count)]
        names += [text] * count
        kernel_path += [(found,)] * count
    return LoadedKernels(tuple(kernels), tuple(_different(labels)), tuple(names), tuple(kernel_path))


def _different(labels: Sequence[str]) -> list[str]:
    twice = {label for label in labels if labels.count(label) > 1}
    seen: dict[str, int] = {}
    different = []
    for label in labels:
        if label in twice:
            seen[label] = seen.get(label, 0) + 1
            label = f"{label}-{seen[label]}"
        different.append(label)
    return different


def joins(found: Kernel, how: Combine | None) -> bool:
    """Whether the kernel's own way of combining holds: nothing else was asked for."""
    return how is None and found.combine is not Combine.NONE
