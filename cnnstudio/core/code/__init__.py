"""Code: the Keras script and notebook of an experiment, written from the steps that build the model."""
