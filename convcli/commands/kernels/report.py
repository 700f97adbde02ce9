"""The library of kernels, and one kernel, as JSON objects."""

from typing import Any

import numpy as np

from convcli.commands.kernels.view import RESPONSE_SIZE
from convcli.kernels import library
from convcli.kernels.analysis import character, frequency_response, gain, rank, symmetry
from convcli.kernels.kernel import Kernel

__all__ = ["catalogue_report", "report"]


def catalogue_report() -> list[dict[str, Any]]:
    """Return the library as JSON objects: name, what it does, source, and parameters with defaults."""
    found = []
    for name in library.names():
        entry = library.entry(name)
        parameters = {
            parameter.name: {"default": parameter.default or parameter.derived, "about": parameter.about}
            for parameter in entry.parameters
        }
        found.append(
            {
                "kernel": name,
                "about": entry.about,
                "source": entry.source,
                "parameters": parameters,
                "synonyms": library.synonyms(name),
            }
        )
    return found


@np.errstate(all="ignore")
def report(found: Kernel) -> dict[str, Any]:
    """Return what is known of a kernel; one list item per component."""
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
                "response": np.abs(frequency_response(weights, RESPONSE_SIZE)).tolist(),
            }
            for weights, bias in zip(found.components, found.bias, strict=True)
        ],
    }
