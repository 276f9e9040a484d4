"""Where the network is wrong."""
