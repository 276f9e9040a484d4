"""A worker without Keras, for tests of the window: `python fake_worker.py [MODE]`.

It speaks the wire's frames. A StartRun is answered with RunStarted, progress, an epoch's end and, once StopRun comes,
RunEnded; GetSamples with Failed; ExportRun, half a second later, with a file and Exported. Modes: "crash" ends at a
StartRun with exit code 3, "early" before Hello, "garbage" writes bytes that are no frame, "old" has another protocol,
"flood" sends a thousand heartbeats after Hello, "deaf" never reads and ignores the end of its input.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cnnstudio.wire.framing import FrameReader, decode_command, encode
from cnnstudio.wire.messages import (
    PROTOCOL,
    Command,
    Device,
    EpochEnd,
    Event,
    Exported,
    ExportRun,
    Failed,
    GetSamples,
    Heartbeat,
    Hello,
    Progress,
    RunEnded,
    RunStarted,
    StartRun,
    StopRun,
)

METRICS = ("loss", "accuracy")
MODE = sys.argv[1] if len(sys.argv) > 1 else ""


def send(*messages: Event) -> None:
    sys.stdout.buffer.write(b"".join(encode(m) for m in messages))
    sys.stdout.buffer.flush()


def start(command: StartRun) -> None:
    if MODE == "crash":
        sys.stderr.write("the disk is made of cheese\n")
        sys.exit(3)
    send(
        RunStarted(command.run, command.directory, "Fake", 2, 10, 32, {"training": 320}, 100, "cpu", METRICS),
        Progress(command.run, 1, 5, 1.0, {"loss": 0.5, "accuracy": 0.75}, 100.0),
        EpochEnd(command.run, 1, 2.0, {"loss": 0.4, "accuracy": 0.8, "val_loss": 0.45}),
    )


def take(command: Command) -> None:
    if isinstance(command, StartRun):
        start(command)
    elif isinstance(command, StopRun):
        send(RunEnded(command.run, "stopped", "/runs/fake", 1, 2.5, {"loss": 0.3, "accuracy": 0.9}))
    elif isinstance(command, GetSamples):
        send(Failed(command.request, "There are no samples here."))
    elif isinstance(command, ExportRun):
        time.sleep(0.5)
        Path(command.path).write_text("whole", encoding="utf-8")
        send(Exported(command.request, command.path, 5, 0.0, 1.0))


def main() -> None:
    if MODE == "early":
        sys.exit(1)
    if MODE == "garbage":
        sys.stdout.buffer.write(b"\xff" * 64)
        sys.stdout.buffer.flush()
        time.sleep(60)
    send(Hello(PROTOCOL + (MODE == "old"), {"fake": "1.0"}, (Device("cpu", "Processor"),), os.getpid()))
    if MODE == "flood":
        send(*[Heartbeat(n) for n in range(1000)])
    if MODE == "deaf":
        time.sleep(60)
    reader = FrameReader(decode_command)
    while data := os.read(0, 65536):
        for command in reader.feed(data):
            take(command)


if __name__ == "__main__":
    main()
