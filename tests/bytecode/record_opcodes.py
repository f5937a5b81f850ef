"""Prints the opcode table of the Python that runs it, as one line of JSON; joined into `kconvert/code/opcodes.json`.

    for python in python2.7 python3.6 ... python3.13; do $python record_opcodes.py; done | python3 join_opcodes.py

It runs on Python 2.7 to 3.13.
"""
import json
import opcode
import sys

row = {
    "version": "%d.%d" % sys.version_info[:2],
    "have_argument": opcode.HAVE_ARGUMENT,
    "compare": [str(c) for c in opcode.cmp_op],
    "names": {str(code): name for name, code in opcode.opmap.items() if code < 256},
}
if hasattr(opcode, "_nb_ops"):
    row["binary"] = [op for _, op in opcode._nb_ops]
counts = getattr(opcode, "_inline_cache_entries", None)
if isinstance(counts, dict):
    row["caches"] = {name: count for name, count in counts.items() if count}
elif counts is not None:
    row["caches"] = {opcode.opname[code]: count for code, count in enumerate(counts) if count}
intrinsics = getattr(opcode, "_intrinsic_1_descs", None)
if intrinsics is not None:
    row["intrinsics"] = list(intrinsics)
row["relative"] = sorted(opcode.hasjrel)
row["absolute"] = sorted(opcode.hasjabs)
if sys.version_info >= (3, 13):
    row["backward"] = sorted(code for name, code in opcode.opmap.items() if "BACKWARD" in name and code < 256)
print(json.dumps(row, sort_keys=True))
