"""Prints the signatures, in the TensorFlow that runs this file, of the functions whose names come in on standard input.

    tf24/bin/python record_signatures.py < names.txt > tf-2.4/signatures.txt
"""
import inspect
import sys

import tensorflow as tf


def parameters(function):
    signature = inspect.signature(function)
    return [("*" if p.kind == p.VAR_POSITIONAL else "") + name for name, p in signature.parameters.items() if p.kind != p.VAR_KEYWORD]


for name in sys.stdin.read().split():
    function = tf
    for part in name.split("."):
        function = getattr(function, part, None)
    if callable(function):
        print(name, *parameters(function))
