"""The Inspect page: how a network sees a sample, while it learns and after."""
