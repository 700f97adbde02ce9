"""All that `filter` and `pool` are asked for, as frozen records of options that are checked when made."""

from convcli.choices import PadMode, PoolMode
from convcli.engine.window import NO_PADDING, Window
from convcli.errors import UsageError
from convcli.options.pixel_options import ColourOptions, PixelOptions
from convcli.options.shared_options import (
    BatchJobsOption,
    KernelOptions,
    ReadSpec,
    SpeedOptions,
    WriteSpec,
)
from convcli.options.sheet_options import SheetSpec
from convcli.options.window_options import PoolWindow, SlidingWindow
from convcli.parsing import as_pair

__all__ = ["FilterSpec", "PoolSpec", "ReadSpec", "SheetSpec", "WriteSpec"]


class FilterSpec(SlidingWindow, KernelOptions, ColourOptions, PixelOptions, SpeedOptions):
    """How kernels slide, and how the results become pixels."""

    def check(self) -> None:
        """Refuse options that contradict each other."""
        super().check()
        as_pair(self.stride, "stride")
        if self.chain and self.combine is not None:
            raise UsageError(
                f"--chain and --combine {self.combine} exclude each other",
                hint="chain runs kernels one after the other; combine joins results side by side",
            )

    def window(self, size: tuple[int, ...], pad_value: float | None = None) -> Window:
        """Return the window of a kernel of `size`, whose last two axes are rows and columns.

        `pad_value` replaces that of the option, where pixels are in other units (linear light, opacity).
        """
        taps, constant = (size[-2], size[-1]), self.pad_value if pad_value is None else pad_value
        return Window.of(taps, self.stride, self.padding, self.dilation, self.pad, constant or 0.0)


class PoolSpec(PoolWindow, ColourOptions, PixelOptions):
    """How windows are pooled, and how the results become pixels."""

    jobs: BatchJobsOption = None

    @property
    def power(self) -> float:
        """The P of Lp pooling."""
        return 2.0 if self.norm is None else self.norm

    def window(self, picture: tuple[int, int]) -> Window:
        """Return the window that pools a picture of the size `picture`."""
        if self.whole:
            return Window(picture, picture, mode=None)
        stride, constant = self.stride or self.size, self.pad_value or 0.0
        return Window.of(self.size, stride, self.padding, self.dilation, self.pad, constant)

    def check(self) -> None:
        """Refuse options that contradict each other, or have no effect."""
        super().check()
        _check_pooling(self)


def _check_pooling(spec: PoolSpec) -> None:
    as_pair(spec.size, "size")
    as_pair(spec.stride or spec.size, "stride")
    unpadded = spec.padding in ("valid", NO_PADDING)
    window = (spec.stride, spec.pad, spec.dilation, spec.ceil, spec.count_include_pad)
    if spec.whole and (window != (None, None, (1, 1), False, True) or not unpadded or spec.size != (2, 2)):
        raise UsageError(
            "--global pools the whole picture, so no other option of the window has an effect",
            hint="leave --size, --stride, --padding, --dilation and the others out",
        )
    if spec.norm is not None and spec.mode is not PoolMode.LP:
        raise UsageError(f"--norm {spec.norm:g} has no effect with --mode {spec.mode}", hint="use --mode lp")
    if not spec.power > 0:
        raise UsageError(f"--norm {spec.norm:g} is too small", hint="use 1, 2, any number above 0, or inf")
    if not spec.count_include_pad and spec.mode is not PoolMode.AVG:
        raise UsageError(
            f"--no-count-include-pad has no effect with --mode {spec.mode}", hint="use --mode avg"
        )
    if not spec.count_include_pad and spec.pad is not None:
        raise UsageError(
            f"--no-count-include-pad contradicts --pad {spec.pad}, whose pixels count like any others",
            hint="leave one of them out",
        )
    if spec.pad not in (None, PadMode.VALID) and unpadded:
        raise UsageError(
            f"--pad {spec.pad} has no effect without padding", hint="add --padding N, or --padding same"
        )
