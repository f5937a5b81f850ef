"""What the layer maps know, for people: nothing here takes part in a conversion.

* `tables.py`: the README's support table, the supported TensorFlow functions, the schema of a map file; `python -m kconvert.catalog`
  (`__main__.py`), in a checkout, writes all of them;
* `views.py`: `kconvert maps list` and `kconvert maps show`; `checks.py`: `kconvert maps check`.
"""
