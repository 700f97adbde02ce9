"""The direct method: every weight times its pixel, zeros skipped."""

from convcli.engine.correlation.strips import Program, cut_pieces
from convcli.engine.correlation.sweep import sweep
from convcli.engine.correlation.tap_programs import blas_for, column_period, compile_taps
from convcli.engine.correlation.task import Task

__all__ = ["correlate", "program"]


def correlate(task: Task, threads: int) -> None:
    """Compute `task` weight by weight, piece by piece."""
    weight_by_weight = program(task)
    with blas_for(weight_by_weight):
        sweep(task, weight_by_weight, cut_pieces(task, threads), threads)


def program(task: Task) -> Program:
    """Return the compiled weighted sum of `task`, to be run over its strips."""
    period = column_period(task.window.stride[1], task.window.dilation[1])
    return compile_taps(task.kernel, task.work, period)
