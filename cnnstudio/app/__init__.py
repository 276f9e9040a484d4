"""The window. It shows what core computes and what the worker reports, and computes nothing itself."""
