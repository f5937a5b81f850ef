"""How much a model file may be. Far above every real model, far below what hurts; no other module has such numbers."""

LARGEST_FILE = 16 << 30

# HDF5
MOST_OBJECTS = 100_000
DEEPEST_GROUP = 64
MOST_ATTRIBUTES = 5_000  # of one object
LARGEST_ATTRIBUTE = 64 << 20  # bytes, as far as the file declares them
LARGEST_TENSOR = 8 << 30
LARGEST_TOTAL = 32 << 30
LARGEST_CHUNK = 1 << 30
HIGHEST_RANK = 32
LARGEST_RATIO = 1100  # unpacked : stored; DEFLATE cannot do better than 1032 : 1
LONGEST_NAME = 4096

# text
LARGEST_JSON = 64 << 20
LARGEST_YAML = 8 << 20
DEEPEST_TEXT = 200
MOST_VALUES = 2_000_000
MOST_ALIASES = 1000
LONGEST_STRING = 8 << 20
LONGEST_KEY = 1024
LARGEST_INTEGER = 1 << 64

# zip
MOST_MEMBERS = 10_000
LARGEST_MEMBER_RATIO = 200
RATIO_FLOOR = 64 << 20  # bytes that a member may unpack to whatever it is stored in
LARGEST_ASSET = 64 << 20
