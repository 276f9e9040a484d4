"""How a network is trained, as a document says it: the recipe, Keras's optimizers, rates over time, patience."""
