"""Moving through the bottleneck of an autoencoder: a slider for each value, and what the network makes of them."""
