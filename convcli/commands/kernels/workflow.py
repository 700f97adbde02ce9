"""What happens after ``convcli kernels``: list, describe and export kernels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Combine
from convcli.commands.kernels.view import Catalogue, CatalogueRow, Sheet, SheetPart
from convcli.kernels import library
from convcli.kernels.analysis import character, frequency_response, gain, joint_response, rank, symmetry
from convcli.kernels.files.export import Exported, export_kernel
from convcli.kernels.spec import kernel

__all__ = [
    "catalogue",
    "catalogue_report",
    "export",
    "report",
    "sheet",
]

RESPONSE_SIZE = 24

SMALL_RESPONSE = 45
"""Frequencies behind a small picture: means of 5 x 5 or 9 x 9 of them keep 0 in the middle."""


def catalogue() -> Catalogue:
    """Return the library as people see it."""
    return Catalogue([_row(name) for name in library.names()])


def _row(name: str) -> CatalogueRow:
    entry = library.entry(name)
    words = [
        f"{parameter.name}={parameter.default}" if parameter.default else parameter.name
        for parameter in entry.parameters
    ]
    found = kernel(name)
    pictures = tuple(_plane(part) for part in found.components)
    response = joint_response(found.components, found.combine, SMALL_RESPONSE)
    return CatalogueRow(name, entry.about, " ".join(words), pictures, response)


def catalogue_report() -> list[dict[str, Any]]:
    """Return the library as JSON objects: name, what it does, source, and parameters with defaults."""
    found = []
    for name in library.names():
        entry = library.entry(name)
        parameters = {
            parameter.name: {"default": parameter.default or parameter.derived, "about": parameter.about}
            for parameter in entry.parameters
        }
        found.append({"kernel": name, "about": entry.about, "source": entry.source, "parameters": parameters})
    return found


def sheet(spec: str) -> Sheet:
    """Return what `convcli kernels show` prints.

    Raises
    ------
    KernelError
        `spec` is not a kernel.
    """
    found = kernel(spec)
    facts = [("source", found.source)] if found.source else []
    if found.combine is not Combine.NONE:
        facts.append(("combined by", found.combine.value))
    parts = tuple(
        SheetPart(f"component {index}", _plane(weights), _facts(weights, bias), _closed(_response(weights)))
        for index, (weights, bias) in enumerate(zip(found.components, found.bias, strict=True))
    )
    joined = found.combine not in (Combine.NONE, Combine.ORIENTATION)
    joint = joint_response(found.components, found.combine, RESPONSE_SIZE)
    return Sheet(found.name, tuple(facts), parts, _closed(joint) if joined else None)


def _facts(weights: NDArray[np.float64], bias: float) -> tuple[tuple[str, str], ...]:
    height, width = weights.shape[-2:]
    terms = rank(weights)
    facts = [
        ("size", " x ".join(map(str, weights.shape)) + (" (channels first)" if weights.ndim == 3 else "")),
        ("sum", f"{weights.sum():.6g}, of absolutes {np.abs(weights).sum():.6g}"),
        ("gain", f"{gain(weights):.6g} on a flat picture"),
        ("rank", f"{terms}: {_separable(terms, height, width)}"),
        ("symmetry", str(symmetry(weights))),
        ("kind", character(weights).value),
    ]
    if bias:
        facts.append(("bias", f"{bias:.6g}"))
    return tuple(facts)


def _separable(terms: int, height: int, width: int) -> str:
    if terms == 0:
        return "all weights are 0"
    if terms == 1 and min(height, width) > 1:
        return f"separable, {height} + {width} multiplies instead of {height * width}"
    return "not separable" if terms > 1 else "a single line"


def _plane(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return weights if weights.ndim == 2 else np.hstack(list(weights))


def _response(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(frequency_response(weights, RESPONSE_SIZE))


def _closed(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the response from -1/2 to 1/2 inclusive: both ends are one frequency."""
    return np.pad(response, (0, 1), mode="wrap")


def report(spec: str) -> dict[str, Any]:
    """Return the same facts as a JSON object; one list item per component.

    Raises
    ------
    KernelError
        `spec` is not a kernel.
    """
    found = kernel(spec)
    return {
        "kernel": found.name,
        "source": found.source,
        "combine": found.combine.value,
        "components": [
            {
                "weights": weights.tolist(),
                "bias": bias,
                "sum": float(weights.sum()),
                "gain": gain(weights),
                "rank": rank(weights),
                "symmetry": str(symmetry(weights)),
                "kind": character(weights).value,
                "response": _response(weights).tolist(),
            }
            for weights, bias in zip(found.components, found.bias, strict=True)
        ],
    }


def export(spec: str, *, output: str | None, format: str | None) -> Exported:
    """Write a kernel to a file that ``-k`` reads; JSON on stdout unless told otherwise.

    Raises
    ------
    KernelError, OutputError
        `spec` is not a kernel, the format cannot hold it, or the file cannot be written.
    """
    return export_kernel(kernel(spec), output=output, format=format)
