"""The Data page: which samples there are, how they are split, and what they look like.

The table of actions needs `commands` when the window opens; `page` and all below it come with the page.
"""
