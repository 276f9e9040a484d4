"""The kernels of convolutions as a wall, and how they have changed."""
