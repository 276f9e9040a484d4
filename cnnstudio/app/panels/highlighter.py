"""Python in the theme's colours."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat

from cnnstudio.app.theme import Role, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

_TOKEN = re.compile(
    r"""(?P<comment>\#.*)
    |(?P<string>[rbfRBF]{0,2}(?:\"{3}|'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |(?P<number>\b\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?\b)
    |(?P<word>\b[A-Za-z_]\w*\b)""",
    re.VERBOSE,
)
_FAMILIES = {"keyword": "Normalisation", "string": "Reshape", "number": "Merge", "layer": "Convolution"}
"""The code shares the families' colours: they are of equal lightness and apart for all eyes."""
DARKER, LIGHTER = 150, 130
"""Per cent: text needs a contrast of 4.5 to 1, also on marked lines; the stripes of cards do with less."""
OUTSIDE, DOUBLE, SINGLE = -1, 1, 2
_QUOTES = {DOUBLE: '"""', SINGLE: "'''"}


class PythonHighlighter(QSyntaxHighlighter):
    """Comments, strings (over lines too), numbers, keywords, class names and names of functions."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        themes.changed.connect(self._take_colors)
        self._take_colors()

    def _take_colors(self) -> None:
        look = theme()
        families = {name: look.family(family) for name, family in _FAMILIES.items()}
        colors = {n: c.lighter(LIGHTER) if look.is_dark else c.darker(DARKER) for n, c in families.items()}
        colors["comment"] = look.color(Role.MUTED)
        self._formats = {}
        for name, color in colors.items():
            made = QTextCharFormat()
            made.setForeground(color)
            made.setFontItalic(name == "comment")
            self._formats[name] = made
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """One line; the state says inside which triple quotes it begins."""
        self.setCurrentBlockState(OUTSIDE)
        at = 0
        if self.previousBlockState() in _QUOTES:
            at = self._close(text, 0, 0, self.previousBlockState())
        while at < len(text):
            token = _TOKEN.search(text, at)
            if token is None:
                return
            at = self._paint(text, token)

    def _paint(self, text: str, token: re.Match[str]) -> int:
        start, end = token.span()
        for state, quotes in _QUOTES.items():
            if token.lastgroup == "string" and token.group().endswith(quotes) and len(token.group()) <= 5:
                return self._close(text, start, end, state)
        name = self._name_of(text, token)
        if name:
            self.setFormat(start, end - start, self._formats[name])
        return end

    def _name_of(self, text: str, token: re.Match[str]) -> str:
        if token.lastgroup != "word":
            return token.lastgroup or ""
        word = token.group()
        if keyword.iskeyword(word):
            return "keyword"
        called = text[token.end() :].startswith("(")
        return "layer" if called and (word[0].isupper() or text[: token.start()].endswith("def ")) else ""

    def _close(self, text: str, start: int, inside: int, state: int) -> int:
        """Paint a triple-quoted string up to its end, or to the end of the line when it goes on."""
        end = text.find(_QUOTES[state], inside)
        if end < 0:
            self.setCurrentBlockState(state)
            end = len(text)
        else:
            end += 3
        self.setFormat(start, end - start, self._formats["string"])
        return end
