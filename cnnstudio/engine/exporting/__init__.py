"""Networks as files to take away. Each is opened again by its own runtime and compared before it counts as written."""
