"""What a run has learned, opened again: exported, measured, asked about new files."""
