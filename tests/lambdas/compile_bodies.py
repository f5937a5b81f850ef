"""Compiles every body of `bodies.txt` into the Lambda configs that Keras writes; runs in any Python from 2.7 to 3.13.

    for python in python2.7 python3.6 ... python3.13; do $python compile_bodies.py; done

writes `compiled/<version>.json`: for each body the code of a function of the list [x, y] as base64, as `func_dump` of Keras 2.2 does.
"""
import base64
import io
import json
import marshal
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
with io.open(os.path.join(here, "bodies.txt"), encoding="utf-8") as file:
    bodies = file.read().splitlines()
coded = []
for body in bodies:
    names = {}
    exec("def body(t):\n    x, y = t\n    return " + body, names)
    coded.append(base64.b64encode(marshal.dumps(names["body"].__code__)).decode("ascii"))
folder = os.path.join(here, "compiled")
if not os.path.isdir(folder):
    os.mkdir(folder)
with io.open(os.path.join(folder, "%d.%d.json" % sys.version_info[:2]), "w", encoding="ascii", newline="\n") as file:
    file.write(u"[\n" + u",\n".join(u'"%s"' % c for c in coded) + u"\n]\n")
