"""What the network says of one sample, shown as its task wants it: one module for each task, chosen by `table`."""
