"""Joins the lines that `record_opcodes.py` printed into the table that kconvert reads, and adds Python 3.4 and 3.5.

Those two are Python 3.6 less what 3.6 introduced (Lib/opcode.py of CPython 3.4, 3.5 and 3.6).
"""
import json
import sys

GONE_BEFORE_36 = {
    "FORMAT_VALUE", "BUILD_CONST_KEY_MAP", "BUILD_STRING", "BUILD_TUPLE_UNPACK_WITH_CALL", "SETUP_ANNOTATIONS",
    "STORE_ANNOTATION", "CALL_FUNCTION_KW", "CALL_FUNCTION_EX",
}
ONLY_BEFORE_36 = {"134": "MAKE_CLOSURE", "140": "CALL_FUNCTION_VAR", "141": "CALL_FUNCTION_KW", "142": "CALL_FUNCTION_VAR_KW"}
GONE_BEFORE_35 = {
    "BINARY_MATRIX_MULTIPLY", "INPLACE_MATRIX_MULTIPLY", "GET_AITER", "GET_ANEXT", "BEFORE_ASYNC_WITH", "GET_AWAITABLE",
    "GET_YIELD_FROM_ITER", "WITH_CLEANUP_START", "WITH_CLEANUP_FINISH", "SETUP_ASYNC_WITH", "BUILD_LIST_UNPACK",
    "BUILD_MAP_UNPACK", "BUILD_MAP_UNPACK_WITH_CALL", "BUILD_TUPLE_UNPACK", "BUILD_SET_UNPACK",
}
ONLY_BEFORE_35 = {"54": "STORE_MAP", "81": "WITH_CLEANUP"}

table = {}
for line in sys.stdin:
    row = json.loads(line)
    table[row.pop("version")] = row
names = table["3.6"]["names"]
names35 = {code: name for code, name in names.items() if name not in GONE_BEFORE_36}
names35.update(ONLY_BEFORE_36)
names34 = {code: name for code, name in names35.items() if name not in GONE_BEFORE_35}
names34.update(ONLY_BEFORE_35)
table["3.5"] = dict(table["3.6"], names=names35)
table["3.4"] = dict(table["3.6"], names=names34)
ordered = sorted(table, key=lambda version: [int(n) for n in version.split(".")])
lines = ['"%s": %s' % (v, json.dumps(table[v], sort_keys=True, separators=(",", ":"))) for v in ordered]
print("{\n" + ",\n".join(lines) + "\n}")
