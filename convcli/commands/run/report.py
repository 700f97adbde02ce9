"""Report of a run layer by layer, as JSON and as a table, with what weight sharing saves."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from rich.console import RenderableType

from convcli.commands.run.parameter_bars import ParameterBars
from convcli.commands.run.summary_table import Summary, amount
from convcli.display.words import printable, significant
from convcli.stacks.convolutions import Convolution
from convcli.stacks.stack import Stack
from convcli.stacks.trace import FullyConnected, LayerTrace, even_input, fully_connected

__all__ = ["layers_report", "summary_table"]

# Most receptive fields in a sentence: of more, those of the first and the last layers.
MOST_FIELDS = 8


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
    found = fully_connected(stack, traces)
    notes = [*_sharing(stack, traces, found), *_local(traces, found), *_hierarchy(traces)]
    title = printable(f"{stack.name}: {name}, {_by(traces[0].input_shape)}")
    return Summary(title, traces, [*notes, *_uneven(stack, traces)])


def _sharing(stack: Stack, traces: Sequence[LayerTrace], found: FullyConnected) -> Iterator[RenderableType]:
    """Yield a sentence about the parameters that weight sharing saves, and bars."""
    convolutions = [
        trace for layer, trace in zip(stack.layers, traces, strict=True) if isinstance(layer, Convolution)
    ]
    if not convolutions:
        return
    first, own, who = convolutions[0], "its own", "it"
    if len(convolutions) > 1:
        own = "their own"
        who = f"the {len(convolutions)} convolutions ({amount(found.parameters)} parameters)"
    yield (
        f"Weight sharing: {printable(first.name)} has the same {amount(first.parameters)} parameters in all"
        f" {prod(first.shape[1:]):,} windows. With weights of {own} in every window {who} would have"
        f" {amount(found.unshared)} ({_times(found.unshared, found.parameters)}), fully connected"
        f" {amount(found.full_parameters)} ({_times(found.full_parameters, found.parameters)})."
    )
    yield ParameterBars(
        [
            ("shared", found.parameters),
            ("not shared", found.unshared),
            ("fully connected", found.full_parameters),
        ]
    )


def _local(traces: Sequence[LayerTrace], found: FullyConnected) -> Iterator[str]:
    """Yield sentences about the part of the picture that a result sees, and the work that this saves."""
    last, whole = traces[-1], traces[0].input_shape[1:]
    seen = tuple(min(pair) for pair in zip(last.receptive_field, whole, strict=True))
    result = f" result of {printable(last.name)}, the last layer, sees"
    if seen == whole:
        yield f"A{result} the whole picture of {_by(whole)} pixels."
    elif last.receptive_field != (1, 1):
        share = significant(100 * prod(seen) / prod(whole), 2)
        yield f"Local connection: a{result} {_by(seen)} of {_by(whole)} pixels, {share}%."
    if found.macs:
        yield (
            f"The convolutions take {amount(found.macs)} multiply-adds (MACs), fully connected layers"
            f" {amount(found.full_macs)} ({_times(found.full_macs, found.macs)})."
        )


def _hierarchy(traces: Sequence[LayerTrace]) -> Iterator[str]:
    """Yield a sentence about how the receptive field grows."""
    fields = [_by(field) for field in dict.fromkeys(trace.receptive_field for trace in traces)]
    if len(fields) > MOST_FIELDS:
        fields[MOST_FIELDS // 2 : -MOST_FIELDS // 2] = ["..."]
    if len(fields) > 1:
        yield f"Hierarchy: what a result sees grows layer by layer, {', '.join(fields)}."


def _by(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


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
