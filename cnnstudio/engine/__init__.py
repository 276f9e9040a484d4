"""The Keras side: build, train, watch, export. `python -m cnnstudio.engine` is the worker process."""
