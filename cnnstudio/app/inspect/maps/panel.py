"""The Maps tab: one wall or two, the chosen channel beside them, and how they are looked at."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from cnnstudio.app.features.look import LookBar
from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.maps.beside import BesideChoice, Offers, Other
from cnnstudio.app.inspect.maps.detail import ChannelDetail
from cnnstudio.app.inspect.maps.side import MapSide
from cnnstudio.app.inspect.maps.source import Wanted
from cnnstudio.app.inspect.timeline.player import moment_words
from cnnstudio.app.probe import sample_words
from cnnstudio.app.theme import space
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.wire.run_state import RunState

FIRST_VIEW, SECOND_VIEW = 1, 2
"""Numbers of the two watches; 0 is that of the Train page."""
PROBES_OFFERED = 8
LOOK = "maps"
"""What the look is remembered as."""
_BETWEEN = "|"


class MapsPanel(QWidget):
    """Every channel of the chosen block as a wall, one of them enlarged."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """What is not made `at_once` is by `built`."""
        super().__init__(parent)
        self.setObjectName("inspect_maps")
        self._inspection = inspection
        self._active = False
        self.look = LookBar("inspect_maps", is_large=True)
        self.beside = BesideChoice()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._second_channel = 0
        self._reading = words("inspect_maps_reading", tone="muted", scale="caption")
        self._reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.look.show_names(inspection.preferences.choice(LOOK).split(_BETWEEN))
        self._arrange()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make the walls, with a rest after each; to be gone through once, and to its end, before anyone sees them."""
        worker, splitter = self._inspection.worker, self.splitter
        self._front = self.first = MapSide(worker, "inspect_maps_first", FIRST_VIEW, splitter)
        yield
        self.second = MapSide(worker, "inspect_maps_second", SECOND_VIEW, splitter)
        yield
        self.detail = ChannelDetail(worker, splitter)
        for part, stretch in ((self.first, 3), (self.second, 3), (self.detail, 1)):
            splitter.addWidget(part)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        splitter.setSizes([600, 600, 360])
        self.second.setVisible(False)
        self._connect()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(3))
        top.setContentsMargins(space(3), 0, 0, 0)  # in line with the other tabs
        top.addWidget(self.look)
        top.addWidget(self.beside)
        top.addStretch(1)
        self.splitter.setObjectName("inspect_maps_splitter")
        self.splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, space(2), 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self.splitter, 1)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(space(3), 0, space(2), 0)
        bottom.addWidget(self._reading)
        column.addLayout(bottom)
        # The readout keeps its line, so that the wall does not jump when the mouse enters it.
        self._reading.setFixedHeight(self._reading.fontMetrics().height() + space(1))

    def _connect(self) -> None:
        inspection = self._inspection
        for signal in (
            inspection.subject_changed,
            inspection.block_changed,
            inspection.sample_changed,
            inspection.moment_changed,
        ):
            signal.connect(self._follow)
        for signal in (inspection.record.changed, inspection.networks.changed, inspection.pins.changed):
            signal.connect(self._follow_others)
        inspection.channel_changed.connect(self._show_channel)
        inspection.run.changed.connect(self._follow_run)
        self.look.changed.connect(self._choose_look)
        self.beside.changed.connect(self._choose_beside)
        self.first.changed.connect(self._follow_first)
        self.second.changed.connect(self._follow_second)
        self.first.chosen.connect(self._choose_first)
        self.second.chosen.connect(self._choose_second)
        self.first.opened.connect(self._open_first)
        self.second.opened.connect(self._open_second)
        self.detail.left.connect(self._go_back)
        self.first.pointed.connect(self._point_first)
        self.second.pointed.connect(self._point_second)
        self.detail.moved.connect(self._move)
        for part in (self.first, self.second, self.detail):
            part.hovered.connect(self._reading.setText)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._active = self._inspection.shows_maps = active
        if active:
            self._follow()
        for part in (self.first, self.second, self.detail):
            part.set_active(active and (part is not self.second or self.beside.other is not Other.NOTHING))

    # What is wanted

    def _follow(self) -> None:
        if not self._active:
            return
        inspection, beside = self._inspection, self.beside
        if inspection.second_moment is not None:
            beside.show_other(Other.MOMENT)
        elif beside.other is Other.MOMENT:
            beside.show_other(Other.NOTHING)
        wanted = self._wanted()
        if wanted is None:
            self.first.want(None)
            self.first.say("No block", "Place blocks on the Design page first.")
        else:
            self.beside.show_offers(self._offers(wanted))
            self.first.want(wanted, wanted.block)
        self._follow_beside(wanted)

    def _follow_others(self) -> None:
        """There are others to compare with, which a run says at every epoch and a pen with every stroke.

        Mostly the same is wanted as before.
        """
        wanted = self._wanted() if self._active else None
        two = self.beside.other is not Other.NOTHING
        if wanted is None or two or wanted != self.first.source.wanted:
            self._follow()
        else:
            self.beside.show_offers(self._offers(wanted))

    def _wanted(self) -> Wanted | None:
        inspection = self._inspection
        subject = inspection.subject
        if subject is None or not inspection.block:
            return None
        timeline = None if inspection.moment is None else inspection.record.timeline
        return Wanted(subject, inspection.block, inspection.sample, inspection.moment, timeline)

    def _follow_beside(self, wanted: Wanted | None) -> None:
        two = self.beside.other is not Other.NOTHING
        self._share_room(two)
        self.second.set_active(self._active and two)
        if not two and self._front is self.second:
            self._front = self.first
            self._show_channel()
        second = None if wanted is None or not two else self._second_wanted(wanted)
        self.second.want(second, "" if second is None or wanted is None else _title(second, wanted))
        if second is None and two:
            self.second.say("Nothing to compare with", self._why_nothing())
        self._share_order()
        self._apply_look()

    def _share_room(self, two: bool) -> None:
        """Two walls begin as wide as each other, so that they compare."""
        if two is not self.second.isHidden():
            return
        first, _, detail = self.splitter.sizes()
        self.second.setVisible(two)
        if two:
            self.splitter.setSizes([first // 2, first - first // 2, detail])

    def _second_wanted(self, wanted: Wanted) -> Wanted | None:
        if self.beside.other is not Other.MOMENT:
            chosen = self.beside.chosen
            network = self.beside.other is Other.NETWORK and isinstance(chosen, str)
            return self.beside.beside(wanted, self._inspection.networks.subject(str(chosen)) if network else None)
        inspection = self._inspection
        moment, timeline = inspection.second_moment, inspection.record.timeline
        return dataclasses.replace(wanted, moment=moment, timeline=timeline) if len(timeline) else None

    def _why_nothing(self) -> str:
        if self.beside.other is Other.MOMENT:
            return "This network has no timeline: choose a run, or press Train (F5)."
        if self.beside.other is Other.NETWORK:
            return "There is no other network, or it has no block of that name. Choose another one."
        return "There is no other one to choose."

    def _offers(self, wanted: Wanted) -> Offers:
        """The pinned samples first, then others of the data; nothing that stands on the first wall already."""
        pinned = [(pin.words, pin.sample) for pin in self._inspection.pins.items]
        known = {wanted.sample, *(sample for _, sample in pinned)}
        others = [each for each in map(_validation, range(PROBES_OFFERED)) if each not in known]
        probes = [each for each in pinned if each[1] != wanted.sample]
        probes += [(sample_words(each), each) for each in others]
        blocks = wanted.subject.blocks
        at = blocks.index(wanted.block) if wanted.block in blocks else -1
        networks = self._inspection.networks
        others_still = tuple([offer for offer in networks.offers if offer[1] != networks.chosen])
        return Offers((*blocks[at + 1 :], *blocks[: max(at, 0)]), tuple(probes), others_still)

    def _choose_beside(self) -> None:
        moment = 0 if self.beside.other is Other.MOMENT else None
        if (self._inspection.second_moment is None) != (moment is None):
            self._inspection.choose_second_moment(moment)
        self._follow_beside(self._wanted())

    def _follow_run(self, state: RunState) -> None:
        if self._active and state.phase == "running" and state.epoch == 0:
            self.first.source.tell_again()
            self.second.source.tell_again()

    # How it is looked at

    def _choose_look(self) -> None:
        self._inspection.preferences.keep_choice(LOOK, _BETWEEN.join(self.look.names))
        self._apply_look()

    def _apply_look(self) -> None:
        look = self.look.look
        span = self._common_span()
        self.first.set_look(look, span)
        self.second.set_look(look, span)
        self._show_channel()

    def _common_span(self) -> tuple[float, float] | None:
        layers = [side.layer for side in (self.first, self.second) if side.layer is not None]
        if not self.beside.same_scale or self.beside.other is Other.NOTHING or len(layers) < 2:
            return None
        return min(layer.range[0] for layer in layers), max(layer.range[1] for layer in layers)

    def _share_order(self) -> None:
        """Channels that are the same ones stand at the same places of both walls."""
        same = self.beside.other in (Other.PROBE, Other.NETWORK, Other.MOMENT)
        self.second.set_ranks(self.first.tiles.ranks if same else None)

    # What has come

    def _follow_first(self) -> None:
        layer = self.first.layer
        self.look.show_kind(None if layer is None else layer.kind)
        if self.beside.other is not Other.NOTHING:
            self._share_order()
            self._share_scale()
        if self._front is self.first:
            self._show_channel()

    def _follow_second(self) -> None:
        self._share_scale()
        if self._front is self.second:
            self._show_channel()

    def _share_scale(self) -> None:
        if self.beside.same_scale:
            span = self._common_span()
            self.first.set_look(self.look.look, span)
            self.second.set_look(self.look.look, span)

    # The chosen channel

    def _choose_first(self, channel: int) -> None:
        self._front = self.first
        self._inspection.choose_channel(channel)
        self._show_channel()

    def _choose_second(self, channel: int) -> None:
        self._front = self.second
        self._second_channel = channel
        self._show_channel()

    def _open_first(self, channel: int) -> None:
        again = self._front is self.first and channel == self._inspection.channel
        self._choose_first(channel)
        self._enter(again)

    def _open_second(self, channel: int) -> None:
        again = self._front is self.second and channel == self._second_channel
        self._choose_second(channel)
        self._enter(again)

    def _enter(self, again: bool) -> None:
        """Go on to the cells of a channel that was chosen already."""
        if again and self.detail.isVisible():
            self.detail.map_view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_back(self) -> None:
        self._front.tiles.setFocus(Qt.FocusReason.OtherFocusReason)

    def _move(self, channel: int) -> None:
        if self._front is self.second:
            self._choose_second(channel)
        else:
            self._choose_first(channel)
        self._front.tiles.set_current(channel)

    def _show_channel(self) -> None:
        """Frame it on its wall and show what is known of it."""
        if not self._active:
            return
        first = self._front is self.first
        channel = self._inspection.channel if first else self._second_channel
        self.first.tiles.set_chosen(self._inspection.channel)
        self.second.tiles.set_chosen(None if first else channel)
        side = self._front
        colours = self.look.look.colours_for(side.layer)
        self.detail.show_side(side, channel, colours, self._inspection.run.state.epoch)

    def _point_first(self, found: tuple[int, tuple[int, ...]] | None) -> None:
        self._point(self.first, found)

    def _point_second(self, found: tuple[int, tuple[int, ...]] | None) -> None:
        self._point(self.second, found)

    def _point(self, side: MapSide, found: tuple[int, tuple[int, ...]] | None) -> None:
        if side is self._front:
            self.detail.point(found)


def _validation(index: int) -> Sample:
    return Sample("validation", index)


def _title(second: Wanted, first: Wanted) -> str:
    """What the second wall shows; what it differs in stands first, where a narrow wall does not cut it off."""
    if second.block != first.block:
        return second.block
    if second.sample != first.sample:
        return f"{sample_words(second.sample)}, {second.block}"
    if second.subject != first.subject:
        return f"{second.subject.title}, {second.block}"
    if second.moment != first.moment and second.moment is not None and second.timeline is not None:
        moments = second.timeline.moments
        return moment_words(moments[second.moment]) if second.moment < len(moments) else second.block
    return second.block
