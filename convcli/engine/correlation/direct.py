"""The direct method: every weight times its pixel, zeros skipped."""

from convcli.engine.arrays import Array
from convcli.engine.correlation.program import Program
from convcli.engine.correlation.strips import Strip, cut
from convcli.engine.correlation.sweep import Core, sweep
from convcli.engine.correlation.tap_programs import blas_for, column_period, compile_taps
from convcli.engine.correlation.task import Task
from convcli.engine.threads import Scratch

__all__ = ["core", "correlate"]


def correlate(task: Task, threads: int) -> None:
    """Compute `task` weight by weight, piece by piece."""
    program = _program(task)
    with blas_for([program]):
        sweep(task, _core(program), cut(task), threads)


def core(task: Task) -> Core:
    """Return what computes one piece; other methods use it where pixels are not finite."""
    return _core(_program(task))


def _program(task: Task) -> Program:
    return compile_taps(task.kernel, task.work, column_period(task.window.stride[1], task.window.dilation[1]))


def _core(program: Program) -> Core:
    def compute(strip: Strip, into: Array, scratch: Scratch) -> None:
        program(strip.x, strip.offsets, strip.grid, into, scratch)

    return compute
