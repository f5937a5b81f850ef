"""Facts about a file before any value in it is read: what would reach outside, loop, or unpack to more than is there.

One module per kind of container. Each looks at declarations only - kinds of links, declared and stored sizes, names,
counts - and refuses with `UnsafeSource` what no Keras ever wrote; what it lets through is read by the rest of `read`.
All numbers are in `limits.py`.
"""
