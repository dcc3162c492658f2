"""Models as ONNX graphs, from word numbers to logits."""

import json
from pathlib import Path

import numpy as np

from embdistill.data.packed import Packed
from embdistill.errors import UserError
from embdistill.model.classifier import Model
from embdistill.model.networks.inputs import ENTITIES
from embdistill.storage.files import whole_file

OPSET = 17
IR_VERSION = 8  # of ONNX 1.12, so that older runtimes read the file
LOWEST = float(np.finfo(np.float32).min)


def write_onnx(path: str | Path, model: Model) -> None:
    """Write a model as ONNX: its inputs are those of onnx_inputs, its output `logits` (B, C) float32.

    The metadata has the labels and the words in order (a word a line; number 0 is for unknown words), and the settings
    of the tokeniser. UserError without the package onnx, and if the file cannot be written.
    """
    try:
        import onnx
    except ImportError as error:
        raise UserError("--to onnx needs the package onnx; pip install 'embdistill[onnx]'") from error
    graph = _Graph(onnx)
    logits = graph.linear(_features(graph, model), model.values["output.weight"], model.values["output.bias"], "logits")
    exported = graph.model(_input_types(onnx, model), logits, len(model.labels))
    words = "\n".join(model.vocabulary.words)
    metadata = {"labels": json.dumps(model.labels, ensure_ascii=False), "words": words}
    onnx.helper.set_model_props(exported, metadata | {"tokenizer": json.dumps(model.tokenizer.settings)})
    onnx.checker.check_model(exported, full_check=True)
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(exported.SerializeToString())


def onnx_inputs(packed: Packed) -> dict[str, np.ndarray]:
    """A packed batch as the graph takes it: `ids` (B, T) int64, padded with zeros to the longest text, T at least 1;
    `lengths` (B,) int64; for relations `distances` (B, T, 2) int64, padded with zeros."""
    lengths = np.diff(packed.offsets)
    places = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]
    ids = np.zeros(places.shape, np.int64)
    ids[places] = packed.ids
    inputs = {"ids": ids, "lengths": lengths}
    if packed.positions is not None:
        inputs["distances"] = np.zeros((*places.shape, 2), np.int64)
        inputs["distances"][places] = packed.positions
    return inputs


class _Graph:
    """A graph that grows: each method adds a node and gives the name of what comes out of it."""

    def __init__(self, onnx):
        self.onnx = onnx
        self.nodes, self.constants = [], []

    def constant(self, value):
        name = f"constant{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def add(self, operator, *inputs, name=None, outputs=1, **attributes):
        first = name or f"{operator.lower()}{len(self.nodes)}"
        names = [first, *(f"{first}_{i}" for i in range(1, outputs))]
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, features, weight, bias, name=None):
        return self.add("Gemm", features, self.constant(weight), self.constant(bias), name=name, transB=1)

    def model(self, inputs, output, classes):
        helper, float32 = self.onnx.helper, self.onnx.TensorProto.FLOAT
        outputs = [helper.make_tensor_value_info(output, float32, ["texts", classes])]
        graph = helper.make_graph(self.nodes, "embdistill", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="embdistill")


def _input_types(onnx, model):
    shapes = {"ids": ["texts", "tokens"], "lengths": ["texts"]}
    if model.relations:
        shapes["distances"] = ["texts", "tokens", len(ENTITIES)]
    return [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, shape) for name, shape in shapes.items()]


def _features(graph, model):
    """What the output layer takes, (B, F)."""
    network = type(model.network).__name__.lower()
    vectors = graph.add("Gather", graph.constant(model.table), "ids")
    if model.relations:
        vectors = graph.add("Concat", vectors, *_positions(graph, model), axis=2)
    return {"mean": _mean, "cnn": _cnn, "lstm": _lstm}[network](graph, model, vectors)


def _positions(graph, model):
    """The position vectors (B, T, p) of both entities."""
    reach = np.int64(model.network.position_reach)
    for column, entity in enumerate(ENTITIES):
        distance = graph.add("Gather", "distances", graph.constant(np.int64(column)), axis=2)
        clipped = graph.add("Clip", distance, graph.constant(-reach), graph.constant(reach))
        row = graph.add("Add", clipped, graph.constant(reach))
        yield graph.add("Gather", graph.constant(model.values[f"position{entity}.table"]), row)


def _first_weight(model, name):
    """The first map (outputs, d + 2p) over word and position vectors one behind the other."""
    parts = [f"{name}.weight"] + [f"{name}.position{entity}" for entity in ENTITIES if model.relations]
    return np.hstack([model.values[part] for part in parts])


def _before(graph, places, end):
    """Whether each of `places` numbers, from 0 on, is below `end` (B, 1): (B, places)."""
    numbers = graph.add("Range", graph.constant(np.int64(0)), places, graph.constant(np.int64(1)))
    return graph.add("Less", numbers, end)


def _lengths(graph):
    return graph.add("Unsqueeze", "lengths", graph.constant(np.array([1])))  # (B, 1)


def _tokens(graph):
    """T, the size of the second axis of ids."""
    return graph.add("Gather", graph.add("Shape", "ids"), graph.constant(np.int64(1)))


def _within(graph, vectors):
    """The vectors (B, T, inputs) with zeros behind the end of each text."""
    mask = graph.add("Unsqueeze", _before(graph, _tokens(graph), _lengths(graph)), graph.constant(np.array([2])))
    return graph.add("Where", mask, vectors, graph.constant(np.float32(0)))


def _or_zero_if_empty(graph, features):
    some = graph.add("Less", graph.constant(np.int64(0)), _lengths(graph))
    return graph.add("Where", some, features, graph.constant(np.float32(0)))


def _largest_before(graph, values, places, end):
    """Maximum over the last axis of values (B, H, places), of those below `end` (B, 1): (B, H)."""
    mask = graph.add("Unsqueeze", _before(graph, places, end), graph.constant(np.array([1])))
    kept = graph.add("Where", mask, values, graph.constant(np.float32(LOWEST)))
    return graph.add("ReduceMax", kept, axes=[2], keepdims=0)


def _mean(graph, model, vectors):
    types = graph.onnx.TensorProto
    # In float64, since runtimes sum up one by one: 10,000 float32 numbers would lose a digit or two.
    vectors = graph.add("Cast", _within(graph, vectors), to=types.DOUBLE)
    total = graph.add("ReduceSum", vectors, graph.constant(np.array([1])), keepdims=0)
    least_one = graph.add("Max", _lengths(graph), graph.constant(np.int64(1)))
    average = graph.add("Div", total, graph.add("Cast", least_one, to=types.DOUBLE))
    average = graph.add("Cast", average, to=types.FLOAT)
    return graph.add("Relu", graph.linear(average, model.values["hidden.weight"], model.values["hidden.bias"]))


def _cnn(graph, model, vectors):
    columns = graph.add("Transpose", _within(graph, vectors), perm=[0, 2, 1])  # (B, inputs, T)
    weight, filters, first, pooled = _first_weight(model, "conv"), model.network.filters, 0, []
    for width in model.network.widths:
        taps = weight[first : first + width * filters].reshape(width, filters, -1).transpose(1, 2, 0)
        first += width * filters
        sums = graph.add("Conv", columns, graph.constant(taps), pads=[width - 1, width - 1])
        beyond = graph.constant(np.int64(width - 1))  # places more than tokens, since the convolution is wide
        places, end = graph.add("Add", _tokens(graph), beyond), graph.add("Add", _lengths(graph), beyond)
        pooled.append(_largest_before(graph, sums, places, end))
    largest = _or_zero_if_empty(graph, graph.add("Concat", *pooled, axis=1))
    return graph.add("Relu", graph.add("Add", largest, graph.constant(model.values["conv.bias"])))


def _lstm(graph, model, vectors):
    units, values = model.network.units, model.values
    weight = _first_weight(model, "lstm").reshape(2, 4 * units, -1)
    bias = values["lstm.bias"].reshape(2, 4 * units)
    steps = graph.add("Transpose", vectors, perm=[1, 0, 2])  # (T, B, inputs)
    least_one = graph.add("Max", "lengths", graph.constant(np.int64(1)))  # the operator takes no empty sequence
    states, last, _ = graph.add(
        "LSTM",
        steps,
        graph.constant(weight),
        graph.constant(values["lstm.recurrent"]),
        graph.constant(np.hstack([bias, np.zeros_like(bias)])),
        graph.add("Cast", least_one, to=graph.onnx.TensorProto.INT32),
        outputs=3,
        direction="bidirectional",
        hidden_size=units,
    )
    if model.network.pooling == "last":
        ends = graph.add("Transpose", last, perm=[1, 0, 2])
        pooled = graph.add("Reshape", ends, graph.constant(np.array([0, 2 * units])))
    else:
        over_time = graph.add("Transpose", states, perm=[2, 1, 3, 0])  # (B, 2, H, T)
        flat = graph.add("Reshape", over_time, graph.constant(np.array([0, 2 * units, -1])))
        pooled = _largest_before(graph, flat, _tokens(graph), _lengths(graph))
    return _or_zero_if_empty(graph, pooled)
