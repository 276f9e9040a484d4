"""Keras and the library below it, loaded once and without the noise that TensorFlow's C++ prints while it loads.

Every engine module takes `keras` from here, so that whichever is imported first keeps stderr clean.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# oneDNN stays as TensorFlow has it: forced on where TensorFlow leaves it off (without AVX-512) it makes convolutions a
# third faster, but its gradient of a kernel ends the process with SIGSEGV for some shapes (see test_oracle_field).

_STDERR = 2
_ARENA_MAX = -8
"""What malloc.h calls M_ARENA_MAX."""


@contextlib.contextmanager
def _holding_back_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2, and let it out only if the block fails.

    TensorFlow's first lines ("All log messages before absl::InitializeLog...") obey no log level.
    """
    try:
        real = os.dup(_STDERR)
    except OSError:  # no stderr at all, as under pythonw
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        except BaseException:
            os.dup2(real, _STDERR)
            held.seek(0)
            os.write(_STDERR, held.read())
            raise
        finally:
            os.dup2(real, _STDERR)
            os.close(real)


def _is_news(record: logging.LogRecord) -> bool:
    """False for TensorFlow's advice against tracing often: every model and every watched block is traced once."""
    return "triggered tf.function retracing" not in record.getMessage()


def _share_memory() -> None:
    """Let all threads take memory from one place: each place keeps what is freed there, for its own threads only.

    TensorFlow computes each operation in any of its threads, so every thread's place (an "arena" of glibc) would grow
    to the largest of a network's arrays: a run would take up to twice the memory that it ever has in use.
    """
    # Nor does glibc fill a hole with an aligned array that has just its size: TensorFlow keeps and reuses them itself.
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    os.environ.setdefault("TF_CPU_BFC_MEM_LIMIT_IN_MB", str(1 << 22))  # the computer's memory is the limit, not 64 GiB
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def cores() -> int:
    """Processor cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def _set_threads(tensorflow: Any) -> None:
    """On two cores let operations run side by side and none spread over both.

    What spreading gains in large operations it loses in small ones; two halves of a batch use both cores better. With
    more cores there are more than two operations could fill. Nothing can be changed once TensorFlow has computed.
    """
    if cores() == 2 and not {"TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"} & {*os.environ}:
        with contextlib.suppress(RuntimeError):
            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
            tensorflow.config.threading.set_inter_op_parallelism_threads(2)


def threads() -> tuple[int, int]:
    """Threads within an operation, and operations side by side, on TensorFlow; 0 is as many as there are cores."""
    settings = tensorflow.config.threading
    return settings.get_intra_op_parallelism_threads(), settings.get_inter_op_parallelism_threads()


def uses_onednn() -> bool:
    """Whether TensorFlow computes with oneDNN, which it decides by the processor; False where it does not tell."""
    try:
        from tensorflow.python.util import _pywrap_util_port  # it says so nowhere else
    except ImportError:
        return False
    return bool(_pywrap_util_port.IsMklEnabled())


def _load_tensorflow() -> Any:
    import tensorflow

    tensorflow.get_logger().addFilter(_is_news)
    _set_threads(tensorflow)

    for gpu in tensorflow.config.list_physical_devices("GPU"):
        # Before first use, or not at all: else TensorFlow takes the whole card, and a second worker finds none left.
        with contextlib.suppress(RuntimeError):
            tensorflow.config.experimental.set_memory_growth(gpu, True)
    return tensorflow


_share_memory()
with _holding_back_stderr():
    import keras

    backend: str = keras.backend.backend()
    """Name of the library that computes: "tensorflow", "jax" or "torch"."""
    tensorflow: Any = _load_tensorflow() if backend == "tensorflow" else None
    """TensorFlow where it is the backend, else None."""


DEVICE_ERRORS: tuple[type[Exception], ...] = (
    (MemoryError,) if tensorflow is None else (MemoryError, tensorflow.errors.OpError)
)
"""What a device raises that cannot do what is asked of it, most often for want of memory."""


def backend_version() -> str:
    """Version of the library that computes."""
    import importlib.metadata

    return importlib.metadata.version(backend)


__all__ = ["DEVICE_ERRORS", "backend", "backend_version", "cores", "keras", "tensorflow", "threads", "uses_onednn"]
