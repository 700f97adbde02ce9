"""A stack at one pixel on the terminal: a table of the layers, and what each computes there."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np
from rich.console import Group
from rich.text import Text

from convcli.choices import Combine
from convcli.commands.explain.facts import WRITTEN_OUT, written_sum
from convcli.commands.explain.pool_view import working
from convcli.commands.explain.stack.steps import Ends, Step
from convcli.display.language import Say
from convcli.display.terminal.facts import indented
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import number, printable, shortened, significant
from convcli.stacks.convolutions import KernelConv
from convcli.stacks.layers import Pool

__all__ = ["stack_explanation"]

# Characters of the name of a layer in the table.
LONGEST_NAME = 16

# Sums of channels that are named where there are too many to be written out.
LARGEST = 4

# Layers whose arithmetic is written out, the last ones, so that all of it is two screens.
MOST_LAYERS = 12

# Headings, the order in which narrow terminals leave columns out (the highest first), and their meaning.
HEADS = (
    ("layer", 0, ""),
    ("output", 4, ""),
    ("needed", 3, "rows and columns that the last layer's pixel depends on."),
    ("pixel", 5, "in the middle of the window of the layer below it."),
    ("value", 1, ""),
    ("window", 6, "its rows and columns in the layer above; those beyond the edge are padding."),
    ("sees", 2, "its receptive field: rows and columns of the input."),
)


def stack_explanation(found: Sequence[Step], name: str, stack: str, say: Say) -> Group:
    """Return the report on `found`, about the picture `name` and the stack in the file `stack`."""
    last = found[-1]
    rows = [_cells(step, say) for step in found]
    columns = [
        Column(say(head), cells, rank=rank, left=not rank, note=note and say(note))
        for (head, rank, note), cells in zip(HEADS, zip(*rows, strict=True), strict=True)
    ]
    title = say(
        "{picture} through {stack}: pixel ({row}, {column}) of map {map} of {layer}",
        picture=name,
        stack=stack,
        row=last.at[0],
        column=last.at[1],
        map=last.map,
        layer=printable(last.name),
    )
    told = [_arithmetic(step, say) for step in found[1:][-MOST_LAYERS:]]
    return Group(
        Text(f"{title}\n", style="bold"),
        FigureTable(columns, frozenset({len(found) - 1}), say),
        Text(""),
        indented(Text("\n".join(told))),
        Text(f"\n{_claims(found, say)}"),
    )


def _called(step: Step, say: Say) -> str:
    if step.layer is None:
        return say("input")
    name = shortened(printable(step.name), LONGEST_NAME)
    return name if name.startswith(step.type) else f"{name} ({step.type})"


def _cells(step: Step, say: Say) -> tuple[str, ...]:
    return (
        _called(step, say),
        _by(step.shape),
        _ends(step.needed.ends),
        f"{step.at[0]},{step.at[1]}",
        number(step.value, 4),
        _ends(step.window) if step.window else "",
        _ends(step.seen.ends),
    )


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _ends(ends: Ends | None) -> str:
    if ends is None:
        return "-"
    return ",".join(str(first) if first == last else f"{first}..{last}" for first, last in ends)


def _arithmetic(step: Step, say: Say) -> str:
    """Write down what the layer computes of its window: sums of products, a maximum, an activation."""
    return f"{printable(step.name)} ({step.at[0]}, {step.at[1]}){say(': ')}{_working(step, say)}"


def _working(step: Step, say: Say) -> str:
    layer, made = step.layer, f" = {number(step.value)}"
    if not step.sums:
        values = step.read[~np.isnan(step.read)].tolist()
        if isinstance(layer, Pool):
            return working(values, layer.pooling, step.value, say)
        name, values = ("max", [0, *values]) if step.type == "relu" else (step.type, values)
        return f"{name}({', '.join(map(number, values))}){made}"
    trace, bias = step.sums[0], layer.bias if isinstance(layer, KernelConv) else 0.0
    if isinstance(layer, KernelConv) and layer.combine is not Combine.NONE:
        totals = ", ".join(number(part.values[0]) for part in step.sums)
        return f"{layer.combine}({totals}){_added(bias, say)}{made}"
    sums, products = trace.channel_sums, trace.products.ravel().tolist()
    added, total = f"{_added(trace.bias, say)}{_added(bias, say)}", number(trace.sums[0])
    if 1 < len(sums) <= WRITTEN_OUT:
        words = say("sums of channels 0 to {last}: {sums}", last=len(sums) - 1, sums=written_sum(sums))
        return f"{words}{added}{made}"
    if len(products) <= WRITTEN_OUT:
        return f"{say('products: {products}', products=written_sum(products))}{added}{made}"
    if len(sums) == 1:
        words = say("sum of the {count} products: {total}", count=len(products), total=total)
    else:
        order = np.argsort(-np.abs(sums), kind="stable").tolist()
        largest = say(", ").join(f"{number(sums[at])} [{at}]" for at in order[:LARGEST] if sums[at]) or "0"
        told = "sum of {count} channels, the largest {largest}: {sum}"
        words = say(told, count=len(sums), largest=largest, sum=total)
    return f"{words}{added}{made}" if added else words


def _added(bias: float, say: Say) -> str:
    return f" {'-' if bias < 0 else '+'} {say('{bias} (bias)', bias=number(abs(bias)))}" if bias else ""


def _claims(found: Sequence[Step], say: Say) -> str:
    """Say what the layers show of local connection and of hierarchy, with its numbers."""
    last = found[-1]
    grown = [step for before, step in pairwise(found) if step.sees != before.sees]
    if not grown:
        return say("No layer reads more than one pixel of each map: nothing is local or hierarchical here.")
    most = max(grown, key=lambda step: step.values)
    seen, pixels = prod(last.seen.size), prod(found[0].shape[1:])
    return say(
        "Local connection: one value of {layer} is computed from {count} of the {all} values before it."
        " Hierarchy: layer by layer a pixel sees more of the input, {fields}; that of {last} above sees"
        " {seen} of {pixels} pixels ({share}%).",
        layer=printable(most.name),
        count=most.values,
        all=prod(found[found.index(most) - 1].shape),
        fields=say(", ").join(f"{_by(step.sees)} ({printable(step.name)})" for step in grown),
        last=printable(last.name),
        seen=seen,
        pixels=pixels,
        share=significant(100 * seen / pixels),
    )
