"""Weights, gradients and activations over the run, block by block."""
