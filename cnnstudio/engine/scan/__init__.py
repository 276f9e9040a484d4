"""Looking through a person's files: which can be used as samples, which not and why, and reading them. No Keras."""
