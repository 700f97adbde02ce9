"""Report of a run layer by layer, as JSON and as a table, with what weight sharing saves."""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.commands.run.summary_table import Summary, amount
from convcli.display.words import printable
from convcli.stacks.stack import Stack
from convcli.stacks.trace import LayerTrace, even_input, fully_connected

__all__ = ["layers_report", "summary_table"]


def layers_report(stack: Stack, traces: Sequence[LayerTrace]) -> dict[str, Any]:
    """Return the JSON of the layers, and what fully connected layers of the same shapes would need."""
    full = fully_connected(stack, traces)
    heights, widths = even_input(stack, traces[0].input_shape)
    keys = ("name", "type", "shape", "parameters", "receptive_field", "macs", "seconds", "unused_padding")
    layers = [{key: getattr(trace, key) for key in keys} for trace in traces]
    for layer in layers:
        layer["seconds"] = round(layer["seconds"], 6)
    return {
        "layers": layers,
        "fully_connected": {"parameters": full.full_parameters, "macs": full.full_macs},
        "even_sizes": [heights, widths],
    }


def summary_table(stack: Stack, traces: Sequence[LayerTrace], name: str) -> Summary:
    """Return the table that ``--summary`` prints."""
    notes = [*_sharing(stack, traces), *_uneven(stack, traces)]
    given = "x".join(map(str, traces[0].input_shape))
    return Summary(printable(f"{stack.name}: {name}, {given}"), traces, notes)


def _sharing(stack: Stack, traces: Sequence[LayerTrace]) -> Iterator[str]:
    found = fully_connected(stack, traces)
    if not found.macs:
        return
    parameters = _times(found.full_parameters, found.parameters)
    yield (
        f"Fully connected layers of the same shapes, instead of the convolutions: "
        f"{amount(found.full_parameters)} parameters ({parameters}) and {amount(found.full_macs)} "
        f"multiply-adds (MACs) ({_times(found.full_macs, found.macs)})."
    )
    yield (
        f"Local connection saves the multiply-adds: a result sees one window. Weight sharing saves the "
        f"parameters: with weights of its own in every window there would be {amount(found.unshared)}."
    )


def _times(many: int, few: int) -> str:
    ratio = many / few
    return f"{ratio:,.0f} times as many" if ratio >= 10 else f"{ratio:.1f} times as many"


def _uneven(stack: Stack, traces: Sequence[LayerTrace]) -> Iterator[str]:
    marked = [trace for trace in traces if any(trace.unused_padding)]
    for trace in marked:
        sides = [
            f"{count} {word}{'s' if count > 1 else ''} of padding at the {side}"
            for count, word, side in zip(
                trace.unused_padding, ("row", "column"), ("bottom", "right"), strict=True
            )
            if count
        ]
        name = printable(trace.name)
        yield f"* {name}: no window reaches {' and '.join(sides)}, though those opposite are seen."
    if marked:
        heights, widths = even_input(stack, traces[0].input_shape)
        yield (
            "Uneven padding is a known source of blind spots (Alsallakh et al., Mind the Pad, ICLR 2021). "
            f"Even with {_sizes('a height', heights)} and {_sizes('a width', widths)}."
        )


def _sizes(what: str, found: Sequence[int]) -> str:
    return f"{what} of {' or '.join(map(str, found))}" if found else f"no {what.split()[-1]} near"
