"""Filming a part of the page: every moment of the timeline is shown in turn, and what is seen is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter

from cnnstudio.app.theme import Role, Scale, space, theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.timeline.player import Player
    from cnnstudio.app.inspect.timeline.reels import Reel


class Film(QObject):
    """Films `stage`, which follows the inspection's moment, one moment with each turn of the event loop."""

    progressed = Signal(int, int)
    """So many of so many moments are filmed."""
    ended = Signal(str)
    """It is over: why it failed, or "" where it is complete or was cancelled."""

    def __init__(
        self,
        stage: QWidget,
        inspection: Inspection,
        player: Player,
        begin: Callable[[], Reel],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stage, self._inspection, self._player, self._begin = stage, inspection, player, begin
        self._reel: Reel | None = None
        self._before: int | None = None
        self._place = 0
        self._total = 0
        self._size = QRect()
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._shoot)

    @property
    def is_running(self) -> bool:
        """Whether it is being made."""
        return self._turn.isActive()

    @property
    def count(self) -> int:
        """Moments that are filmed."""
        return self._place

    def start(self) -> None:
        """Make it; `ended` says when it is over."""
        self._before, self._total = self._inspection.moment, self._player.count
        try:
            self._reel = self._begin()
        except OSError as error:
            self.ended.emit(_why(error))
            return
        self._inspection.choose_moment(0)
        self._turn.start()

    def cancel(self) -> None:
        """Give it up; nothing of it stays."""
        if self.is_running:
            self._over("", complete=False)

    def _shoot(self) -> None:
        """What was shown with the last turn has been laid out by now."""
        reel = self._reel
        if reel is None:
            return
        try:
            reel.add(self._picture())
            self._place += 1
            self.progressed.emit(self._place, self._total)
            if self._place < min(self._total, self._player.count):
                self._inspection.choose_moment(self._place)
                return
            reel.finish()
        except OSError as error:
            self._over(_why(error), complete=False)
            return
        self._over("", complete=True)

    def _picture(self) -> QImage:
        """The stage, and below it in words which network and moment it is. All have the size of the first."""
        grabbed = self._stage.grab()
        ratio = grabbed.devicePixelRatio()
        if self._size.isNull():
            line = self._stage.fontMetrics().height() + space(3)
            self._size = QRect(QPoint(0, 0), self._stage.size()).adjusted(0, 0, 0, line)
        image = QImage(self._size.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(theme().color(Role.SURFACE))
        painter = QPainter(image)
        painter.drawPixmap(0, 0, grabbed)
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        subject = self._inspection.subject
        said = self._player.words_of(self._place)
        told = f"{subject.title} \u00b7 {said}" if subject is not None else said
        room = self._size.adjusted(space(2), self._stage.height(), -space(2), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, told)
        painter.end()
        return image

    def _over(self, problem: str, *, complete: bool) -> None:
        self._turn.stop()
        reel, self._reel = self._reel, None
        if reel is not None and not complete:
            reel.drop()
        self._inspection.choose_moment(self._before)
        self.ended.emit(problem)


def _why(error: OSError) -> str:
    if isinstance(error, FileExistsError):
        return f'"{error.filename}" is there already: choose another name.'
    return f"The pictures were not saved ({(error.strerror or str(error)).lower()}): choose another place."
