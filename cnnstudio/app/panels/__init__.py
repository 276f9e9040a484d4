"""The tabs below the canvas: problems, the table of layers, the Keras code. Each is imported when it is wanted."""
