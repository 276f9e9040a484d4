"""Every feature map of a block, live, of any moment, and of two networks, blocks or probes side by side."""
