"""Functions of TensorFlow and of keras.backend in NumPy, by their names and with their parameters; op layers and code call them."""
