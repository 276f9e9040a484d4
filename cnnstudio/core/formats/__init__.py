"""Formats: what is written to disk and clipboard, and how it is read without trusting it."""
