"""What can be done with the Inspect page from menus, keys and other pages. The page is made when it is wanted first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.view import InspectView


class InspectCommands:
    """Verbs of the Inspect page: each brings it into sight."""

    def __init__(self, view: Callable[[], InspectView]) -> None:
        """`view` goes to the page and returns its content."""
        self._view = view

    def next_block(self) -> None:
        """Look at the next block of the flow."""
        self._view().blocks.step(1)

    def previous_block(self) -> None:
        """Look at the block before."""
        self._view().blocks.step(-1)

    def next_probe(self) -> None:
        """Look at the next pinned sample."""
        self._view().inspection.pins.step(1)

    def previous_probe(self) -> None:
        """Look at the pinned sample before."""
        self._view().inspection.pins.step(-1)

    def choose_network(self) -> None:
        """Choose which network is inspected."""
        self._view().subject.open_picker()

    def inspect(self, key: str) -> None:
        """Inspect the design or the run in that folder, see `Networks`."""
        self._view().inspection.networks.choose(key)

    def show_maps(self) -> None:
        """Show the feature maps."""
        self._show("maps")

    def show_kernels(self) -> None:
        """Show the kernels."""
        self._show("kernels")

    def show_health(self) -> None:
        """Show how weights, gradients and activations went."""
        self._show("health")

    def show_why(self) -> None:
        """Show explanations."""
        self._show("why")

    def show_mistakes(self) -> None:
        """Show what the network gets wrong."""
        self._show("mistakes")

    def _show(self, tab: str) -> None:
        self._view().show_tab(tab)
