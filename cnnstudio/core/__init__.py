"""The language of the studio in pure Python: architectures, their analysis, their files. No Qt, no Keras."""
