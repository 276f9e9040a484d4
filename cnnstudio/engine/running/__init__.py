"""A run from its first step to its record: the loop, what others ask of it, checkpoints, rates, failures."""
