"""The receptive-field lens: what a cell of a block's map sees of the input, over a sample of the data."""
