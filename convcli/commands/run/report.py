"""What is told of the layers of a stack: the JSON object and the table, with what sharing weights saves."""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.commands.run.summary_table import Summary, amount
from convcli.stacks.stack import Stack
from convcli.stacks.trace import Step, dense, even_input

__all__ = ["layers_report", "summary_table"]


def layers_report(stack: Stack, steps: Sequence[Step]) -> dict[str, Any]:
    """Return the layers as JSON has them, and what fully connected ones would need instead."""
    full = dense(stack, list(steps))
    heights, widths = even_input(stack, steps[0].given)
    return {
        "layers": [
            {
                "name": step.name,
                "type": step.type,
                "shape": list(step.shape),
                "parameters": step.parameters,
                "receptive_field": list(step.field),
                "macs": step.macs,
                "seconds": round(step.seconds, 6),
                "unused_padding": list(step.unused),
            }
            for step in steps
        ],
        "fully_connected": {"parameters": full.full_parameters, "macs": full.full},
        "even_sizes": [list(heights), list(widths)],
    }


def summary_table(stack: Stack, steps: Sequence[Step], name: str) -> Summary:
    """Return the table that ``--summary`` prints."""
    notes = [*_sharing(stack, steps), *_uneven(stack, steps)]
    given = "x".join(map(str, steps[0].given))
    return Summary(f"{stack.name}: {name}, {given}", steps, notes)


def _sharing(stack: Stack, steps: Sequence[Step]) -> Iterator[str]:
    found = dense(stack, list(steps))
    if not found.macs:
        return
    parameters = _times(found.full_parameters, found.parameters)
    yield (
        f"Fully connected layers of the same shapes, instead of the convolutions: "
        f"{amount(found.full_parameters)} parameters ({parameters}) and {amount(found.full)} multiply-adds "
        f"(MACs) ({_times(found.full, found.macs)})."
    )
    yield (
        f"Local connection saves the multiply-adds: a result sees one window. Weight sharing saves the "
        f"parameters: with weights of its own in every window there would be {amount(found.local)}."
    )


def _times(many: int, few: int) -> str:
    ratio = many / few
    return f"{ratio:,.0f} times as many" if ratio >= 10 else f"{ratio:.1f} times as many"


def _uneven(stack: Stack, steps: Sequence[Step]) -> Iterator[str]:
    marked = [step for step in steps if any(step.unused)]
    for step in marked:
        sides = [
            f"{count} {word}{'s' if count > 1 else ''} of padding at the {side}"
            for count, word, side in zip(step.unused, ("row", "column"), ("bottom", "right"), strict=True)
            if count
        ]
        yield f"* {step.name}: no window reaches {' and '.join(sides)}, though those opposite are seen."
    if marked:
        heights, widths = even_input(stack, steps[0].given)
        advice = f"Even with {_sizes('a height', heights)} and {_sizes('a width', widths)}."
        yield (
            "Uneven padding is a known source of blind spots (Alsallakh et al., Mind the Pad, ICLR 2021). "
            + advice
        )


def _sizes(what: str, found: Sequence[int]) -> str:
    return f"{what} of {' or '.join(map(str, found))}" if found else f"no {what.split()[-1]} near"
