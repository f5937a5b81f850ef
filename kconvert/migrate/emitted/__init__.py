"""Functions that a migrated module gets a copy of: what the old function computed, in `keras.ops`.

Never imported by kconvert: `kconvert/migrate/emission.py` reads these files as text.
"""
