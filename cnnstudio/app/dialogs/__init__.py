"""Dialogs. Each is opened without blocking and says with a signal what was chosen."""
