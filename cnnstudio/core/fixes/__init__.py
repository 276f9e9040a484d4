"""Fixes: what might mend a finding, tried on the whole design before anybody sees it."""
