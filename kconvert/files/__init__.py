"""Whatever names a model - a path, a URL, an open file - and the bytes behind it."""
