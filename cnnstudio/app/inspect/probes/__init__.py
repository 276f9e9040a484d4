"""The pinned samples: from the data, a file, the clipboard or drawn by hand."""
