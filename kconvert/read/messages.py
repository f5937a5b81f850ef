"""The wanted fields of TensorFlow's messages: names and numbers as in its `.proto` files (tensorflow 2.0 to 2.21).

tensorflow/core/protobuf: saved_model, meta_graph, saved_object_graph, trackable_object_graph, tensor_bundle;
tensorflow/core/framework: tensor_shape, graph, node_def, attr_value, tensor;
keras/protobuf/saved_metadata.proto (Keras 2.5 to 2.15).
"""

from __future__ import annotations

from kconvert.read.wire import Field, Message

SHAPE: Message = {2: Field("dims", {1: Field("size", "int")}, many=True), 3: Field("is_unknown", "int")}

SAVED_METADATA: Message = {
    1: Field(
        "nodes",
        {
            2: Field("node_id", "int"),
            3: Field("path", "text"),
            4: Field("identifier", "text"),
            5: Field("metadata", "text"),
        },
        many=True,
    )
}

_TENSOR_INFO: Message = {1: Field("name", "text"), 2: Field("dtype", "int"), 3: Field("shape", SHAPE)}
_NAMED_INFO: Message = {1: Field("key", "text"), 2: Field("info", _TENSOR_INFO)}
_SIGNATURE: Message = {
    1: Field("inputs", _NAMED_INFO, many=True),
    2: Field("outputs", _NAMED_INFO, many=True),
    3: Field("method", "text"),
}
_META_GRAPH: Message = {
    1: Field("info", {4: Field("tags", "text", many=True), 5: Field("tensorflow_version", "text")}),
    2: Field("graph", "bytes"),
    5: Field("signatures", {1: Field("key", "text"), 2: Field("signature", _SIGNATURE)}, many=True),
    6: Field("assets", {2: Field("filename", "text")}, many=True),
    7: Field("objects", "bytes"),
}
SAVED_MODEL: Message = {1: Field("schema", "int"), 2: Field("meta_graphs", _META_GRAPH, many=True)}

_CHILD: Message = {1: Field("node_id", "int"), 2: Field("name", "text")}
SAVED_OBJECTS: Message = {
    1: Field(
        "nodes",
        {
            1: Field("children", _CHILD, many=True),
            4: Field("user", {1: Field("identifier", "text"), 3: Field("metadata", "text")}),
            5: Field("asset", {1: Field("index", "int")}),
            6: Field("function", {1: Field("concrete", "text", many=True)}),
            9: Field("constant", {1: Field("operation", "text")}),
            10: Field("resource", {}),
        },
        many=True,
    ),
    2: Field("functions", {1: Field("key", "text"), 2: Field("function", {2: Field("inputs", "ints")})}, many=True),
}

OBJECT_GRAPH: Message = {
    1: Field(
        "nodes",
        {
            1: Field("children", _CHILD, many=True),
            2: Field("attributes", {1: Field("name", "text"), 3: Field("key", "text")}, many=True),
            3: Field("slots", {2: Field("name", "text"), 3: Field("node_id", "int")}, many=True),
        },
        many=True,
    )
}

BUNDLE_HEADER: Message = {1: Field("shards", "int"), 2: Field("is_big_endian", "int")}
BUNDLE_ENTRY: Message = {
    1: Field("dtype", "int"),
    2: Field("shape", SHAPE),
    3: Field("shard", "int"),
    4: Field("offset", "int"),
    5: Field("size", "int"),
    6: Field("crc32c", "fixed32"),
    7: Field("slices", "bytes", many=True),
}

_TENSOR: Message = {
    1: Field("dtype", "int"),
    2: Field("shape", SHAPE),
    4: Field("content", "bytes"),
    8: Field("strings", "bytes", many=True),
    10: Field("longs", "ints"),
}
_ATTRIBUTE: Message = {1: Field("key", "text"), 2: Field("value", {8: Field("tensor", _TENSOR)})}
GRAPH: Message = {
    1: Field(
        "nodes",
        {1: Field("name", "text"), 2: Field("op", "text"), 5: Field("attributes", _ATTRIBUTE, many=True)},
        many=True,
    )
}
