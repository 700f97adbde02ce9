"""A stack at one pixel on the terminal: a table of the layers, and what each computes there."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import numpy as np
from rich.console import Group
from rich.text import Text

from convcli.choices import Combine
from convcli.commands.explain.stack_steps import Ends, Step
from convcli.display.language import Say
from convcli.display.terminal.facts import indented
from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import number, printable, significant
from convcli.stacks.convolutions import KernelConv
from convcli.stacks.layers import Pool

__all__ = ["stack_explanation"]

# Numbers that are written out; of sums of more channels, the largest.
WRITTEN_OUT, LARGEST = 9, 4

# Layers whose arithmetic is written out, the last ones, so that all of it is two screens.
MOST_LAYERS = 12

# Headings, and the order in which narrow terminals leave columns out: the highest first.
HEADS = {
    "layer": 0,
    "output": 5,
    "needed": 4,
    "pixel": 6,
    "value": 1,
    "window": 7,
    "sees": 2,
    "share": 3,
    "field": 8,
}

# What the headings stand for.
NOTES = {
    "needed": "rows and columns that the last layer's pixel depends on.",
    "pixel": "in the middle of the window of the layer below it.",
    "window": "its rows and columns in the layer above; those beyond the edge are padding.",
    "sees": "its receptive field: rows and columns of the input.",
    "field": "the same where no edge cuts it.",
}


def stack_explanation(found: Sequence[Step], name: str, stack: str, say: Say) -> Group:
    """Return the report on `found`, about the picture `name` and the stack in the file `stack`."""
    last = found[-1]
    rows = [_cells(step, say) for step in found]
    columns = [
        Column(
            say(head), cells, rank=rank, names=head == "layer", note=say(NOTES[head]) if head in NOTES else ""
        )
        for (head, rank), cells in zip(HEADS.items(), zip(*rows, strict=True), strict=True)
    ]
    title = say(
        "{picture} through {stack}: pixel ({row}, {column}) of map {map} of {layer}",
        picture=name,
        stack=stack,
        row=last.at[0],
        column=last.at[1],
        map=last.map,
        layer=_called(last, say),
    )
    told = [_arithmetic(step, say) for step in found[1:][-MOST_LAYERS:]]
    return Group(
        Text(f"{title}\n", style="bold"),
        FigureTable(columns, strong=frozenset({len(found) - 1})),
        Text(""),
        indented(Text("\n".join(told))),
        Text(f"\n{_claims(found, say)}"),
    )


def _called(step: Step, say: Say) -> str:
    if step.layer is None:
        return say("input")
    name = printable(step.name)
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
        f"{significant(100 * step.share)}%",
        _by(step.field),
    )


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _ends(ends: Ends | None) -> str:
    if ends is None:
        return "-"
    return ",".join(str(first) if first == last else f"{first}..{last}" for first, last in ends)


def _arithmetic(step: Step, say: Say) -> str:
    """Write down what the layer computes of its window: sums of products, a maximum, an activation."""
    where = f"{_called(step, say)} ({step.at[0]}, {step.at[1]})"
    made = f" = {number(step.value)}"
    if not step.sums:
        values = step.read[~np.isnan(step.read)].tolist()
        name = step.layer.pooling.mode if isinstance(step.layer, Pool) else step.type
        if step.type == "relu":
            name, values = "max", [0.0, *values]
        if len(values) <= WRITTEN_OUT:
            return f"{where}: {name}({', '.join(map(number, values))}){made}"
        return f"{where}: {name}({say('{count} values', count=len(values))}){made}"
    layer = step.layer
    bias = layer.bias if isinstance(layer, KernelConv) else 0.0
    if isinstance(layer, KernelConv) and layer.combine is not Combine.NONE:
        totals = ", ".join(number(trace.values[0]) for trace in step.sums)
        return f"{where}: {layer.combine}({totals}){_added(bias, say)}{made}"
    (trace,) = step.sums
    sums = trace.channel_sums
    terms = [number(total) for total in sums]
    what = say("sums of channels 0 to {last}", last=len(sums) - 1)
    if len(sums) == 1 and trace.products.size <= WRITTEN_OUT:
        what, terms = say("products"), [number(product) for product in trace.products.ravel().tolist()]
    elif len(sums) == 1:
        what = say("sum of {count} products", count=trace.products.size)
    elif len(sums) > WRITTEN_OUT:
        order = np.argsort(-np.abs(sums), kind="stable").tolist()
        terms = [f"{number(sums[at])} [{at}]" for at in order[:LARGEST]]
        terms.append(number(sum(sums[at] for at in order[LARGEST:])))
        what = say("largest sums of {count} channels, and of the others", count=len(sums))
    if len(terms) == 1 and not trace.bias and not bias:
        return f"{where}: {what}{made}"
    return f"{where}: {what}: {_joined(terms)}{_added(trace.bias, say)}{_added(bias, say)}{made}"


def _joined(terms: Sequence[str]) -> str:
    first, *rest = terms
    return first + "".join(f" - {term[1:]}" if term[0] == "-" else f" + {term}" for term in rest)


def _added(bias: float, say: Say) -> str:
    return f" {'-' if bias < 0 else '+'} {number(abs(bias))} ({say('bias')})" if bias else ""


def _claims(found: Sequence[Step], say: Say) -> str:
    """Say what the layers show of local connection and of hierarchy, with its numbers."""
    last = found[-1]
    grown = [step for before, step in pairwise(found) if step.field != before.field]
    if not grown:
        return say("No layer reads more than one pixel of each map: nothing is local or hierarchical here.")
    most = max(grown, key=lambda step: step.read.size)
    return say(
        "Local connection: one value of {layer} is computed from {count} of the {all} values before it."
        " Hierarchy: layer by layer a pixel sees more of the input, {fields}; that of {last} above sees"
        " {seen} of {pixels} pixels ({share}%).",
        layer=_called(most, say),
        count=most.read.size,
        all=prod(found[found.index(most) - 1].shape),
        fields=", ".join(f"{_by(step.field)} ({_called(step, say)})" for step in grown),
        last=_called(last, say),
        seen=prod(last.seen.size),
        pixels=prod(found[0].shape[1:]),
        share=significant(100 * last.share),
    )
