"""The messages between window and worker. A new message is one type here and one handler where it arrives.

`Command` goes to the worker, `Event` comes from it. A lossy event may be dropped when a newer one of its type (and
`lane`) waits to be sent; all others arrive, in order.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from cnnstudio.wire.messages.base import (
    PROTOCOL,
    Array,
    Command,
    Event,
    Message,
    Sample,
    is_array,
)
from cnnstudio.wire.messages.commands import (
    CancelScan,
    CancelTrial,
    ContinueRun,
    ExportRun,
    FindRate,
    GetDecoded,
    GetEffectiveField,
    GetMaps,
    GetPreflight,
    GetPreviews,
    GetSamples,
    PauseRun,
    ResumeRun,
    ScanSource,
    StartRun,
    StopRun,
    Watch,
    WatchPreviews,
)
from cnnstudio.wire.messages.events import (
    Checkpointed,
    Decoded,
    Device,
    EffectiveField,
    EpochEnd,
    Evaluation,
    Exported,
    Failed,
    FeatureMaps,
    Heartbeat,
    Hello,
    Maps,
    Preflight,
    Previews,
    Progress,
    RateFound,
    RatesTried,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    RunStarted,
    Samples,
    Scanned,
    ScanProgress,
    WatchFailed,
)

__all__ = [
    "PROTOCOL",
    "AnyCommand",
    "AnyEvent",
    "Array",
    "CancelScan",
    "CancelTrial",
    "Checkpointed",
    "Command",
    "ContinueRun",
    "Decoded",
    "Device",
    "EffectiveField",
    "EpochEnd",
    "Evaluation",
    "Event",
    "ExportRun",
    "Exported",
    "Failed",
    "FeatureMaps",
    "FindRate",
    "GetDecoded",
    "GetEffectiveField",
    "GetMaps",
    "GetPreflight",
    "GetPreviews",
    "GetSamples",
    "Heartbeat",
    "Hello",
    "Maps",
    "Message",
    "PauseRun",
    "Preflight",
    "Previews",
    "Progress",
    "RateFound",
    "RatesTried",
    "ResumeRun",
    "RunContinued",
    "RunEnded",
    "RunFailed",
    "RunPaused",
    "RunStarted",
    "Sample",
    "Samples",
    "ScanProgress",
    "ScanSource",
    "Scanned",
    "StartRun",
    "StopRun",
    "Watch",
    "WatchFailed",
    "WatchPreviews",
    "is_array",
]

AnyCommand: TypeAlias = Annotated[
    StartRun | ResumeRun | PauseRun | ContinueRun | StopRun | Watch | GetSamples | ExportRun | GetPreviews
    | WatchPreviews | GetMaps | GetEffectiveField | ScanSource | CancelScan | GetPreflight | FindRate | CancelTrial
    | GetDecoded,
    msgspec.Meta(title="command"),
]  # fmt: skip
AnyEvent: TypeAlias = Annotated[
    Hello | Heartbeat | RunStarted | RunPaused | RunContinued | Checkpointed | Progress | EpochEnd | RunEnded
    | RunFailed | FeatureMaps | WatchFailed | Samples | Exported | Failed | Previews | Maps | EffectiveField
    | ScanProgress | Scanned | Evaluation | Preflight | RatesTried | RateFound | Decoded,
    msgspec.Meta(title="event"),
]  # fmt: skip
