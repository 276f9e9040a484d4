"""A frame of the canvas takes only so long: what it has no time for comes in the frames that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cnnstudio.app.canvas import sprite
from cnnstudio.app.canvas.card import Card
from tests.helpers.canvas import CHAIN, Studio

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPainter
    from pytestqt.qtbot import QtBot


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    """Input, convolution, pooling, flatten, Output: each with its picture."""
    studio = Studio.shown(qtbot, *CHAIN)
    _look(studio)
    return studio


@pytest.fixture
def drawn(chain: Studio, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the cards that were painted, not copied, from now on."""
    ids: list[str] = []
    draw = Card.draw

    def counted(self: Card, painter: QPainter, level: float) -> None:
        ids.append(self.face.id)
        draw(self, painter, level)

    monkeypatch.setattr(Card, "draw", counted)
    return ids


def _look(studio: Studio) -> QImage:
    return studio.canvas.viewport().grab().toImage()


def test_a_frame_without_time_paints_one_card_and_the_rest_follow(
    qtbot: QtBot, chain: Studio, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _look(chain)
    assert drawn == []
    monkeypatch.setattr(sprite, "FRESH", 0.0)
    for card in chain.canvas.board.cards.values():
        card.drop_picture()
    rough = _look(chain)
    assert len(drawn) == 1
    assert rough != whole
    qtbot.waitUntil(lambda: len(drawn) == len(CHAIN))
    assert sorted(drawn) == sorted(id for id, *_ in CHAIN)
    assert _look(chain) == whole


def test_pictures_are_stretched_while_the_scale_changes_and_sharp_once_it_rests(
    qtbot: QtBot, chain: Studio, drawn: list[str]
) -> None:
    chain.canvas.zoom_in()
    stretched = _look(chain)
    assert drawn == []
    qtbot.waitUntil(lambda: len(drawn) == len(CHAIN))
    assert _look(chain) != stretched
