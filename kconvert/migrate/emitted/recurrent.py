"""Recurrent layers of one step, as Keras 1 and 2.0 let users write them."""
