"""The work of ``convcli explain --stack``: read, run the stack, trace one pixel, or write the page."""

import os
from collections.abc import Sequence

from convcli.choices import STDOUT, Depth
from convcli.commands.explain.spec import ExplainSpec
from convcli.commands.explain.stack.steps import report, steps
from convcli.commands.explain.stack.view import stack_explanation
from convcli.display.language import Say, language
from convcli.display.words import printable
from convcli.errors import UsageError, shown
from convcli.limits import EXPLAINED_LAYERS
from convcli.options.specs import FilterSpec, PoolSpec, ReadSpec
from convcli.pipeline.batch import Batch, Outcome, Source, check_inputs, count_inputs, refuse_inputs
from convcli.pipeline.inputs import left_out, read_source
from convcli.pipeline.naming import file_in
from convcli.pipeline.result_files import write_outputs
from convcli.stacks.preprocess import preprocess
from convcli.stacks.stack import read_stack
from convcli.stores.urls import public

__all__ = ["explain_stack"]


def explain_stack(
    path: str,
    inputs: Sequence[str],
    spec: FilterSpec | PoolSpec,
    reading: ReadSpec,
    explain_spec: ExplainSpec,
    say: Say,
    *,
    force: bool = False,
) -> Batch:
    """Explain one pixel of the last layer of the stack in the file `path`; or write its page."""
    at, html = explain_spec.at, explain_spec.html
    check_inputs(inputs)
    unused = {
        "--channel": explain_spec.channel is not None,
        "--range": spec.range is not None,
        "--depth": spec.depth is not Depth.AUTO,
        "--gray": spec.gray,
    }
    for option, given in unused.items():
        # defaults of the environment are for other commands, too
        if given and f"CONVCLI_{option[2:].upper()}" not in os.environ:
            hint = "leave it out: a stack says what it computes"
            raise UsageError(f"{option} has no effect with --stack", hint=hint)
    if at is None and html is None:
        raise UsageError("--at is missing", hint="name a pixel of the last layer: --at ROW,COLUMN")
    if html is not None and count_inputs(inputs, reading) != 1:
        raise UsageError("--html is a page about one picture", hint="name one input")
    stack = read_stack(path)
    layers = f"{shown(public(path))}: number of layers"
    EXPLAINED_LAYERS.check(len(stack.layers), "use run --summary, which lists them all", what=layers)
    html = file_in(html, "explain.html", inputs[0], force=force)
    refuse_inputs([html], [*inputs, path, *stack.files], force=force, page=html)
    spoken = language(explain_spec.lang, os.environ)

    def work(source: Source) -> Outcome:
        read = read_source(source, reading)
        frame = read.frames[0]._replace(alpha=None)  # that it is left out is said below
        x, dropped = preprocess(frame, read.space_of(frame), stack)
        notes = (*stack.notes, *read.notes, *left_out(read, "explained", "chooses"), *dropped)
        notes = tuple(dict.fromkeys(notes))
        called = printable(os.path.basename(source.name)), printable(os.path.basename(public(path)))
        if html is not None:
            from convcli.commands.explain.stack.page import stack_page  # here for start-up

            data = stack_page(stack, x, called, at, explain_spec.map, spoken)
            said = {"input": source.path, "html": html}
            return write_outputs(source, [(html, data)])._replace(notes=notes, report=said)
        found = steps(stack, x, at or (0, 0), explain_spec.map)
        return Outcome(
            input=source.path,
            drawing=stack_explanation(found, *called, say),
            report=report(found, source.path, path),
            notes=notes,
        )

    return Batch(inputs, reading, work, html == STDOUT)
