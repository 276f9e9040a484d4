"""Data as an experiment names them: sources, what a scan found in them, how samples are prepared and varied."""
