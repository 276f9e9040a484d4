"""Colours of the families of blocks on paper, in the window's light look and in drawings for print alike.

They are of equal lightness (OKLab L 0.55 to 0.61) and stay apart for normal, deuteranopic and protanopic eyes.
"""

from __future__ import annotations

ON_PAPER = {
    "Data": "#6d6e8e",
    "Convolution": "#347ef2",
    "Pooling": "#0391b6",
    "Normalisation": "#a63eac",
    "Activation": "#9f5d4f",
    "Regularisation": "#89864e",
    "Merge": "#dd4a25",
    "Reshape": "#0c856a",
    "Dense": "#cf3c7b",
    "Composite": "#7555d5",
    "Output": "#1c9306",
    "Unknown": "#788296",
}
