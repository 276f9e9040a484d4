"""The comparison of runs: their curves in one plot, and what they differ in side by side."""
