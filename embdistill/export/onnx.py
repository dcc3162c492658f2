"""Models as ONNX graphs, from word indices to logits."""

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
LOWEST = np.finfo(np.float32).min


def write_onnx(path: str | Path, model: Model) -> int:
    """Write a model as ONNX: its inputs are those of onnx_inputs, its output `logits` (B, C) float32. Returns the
    bytes of the file.

    Texts, corrections and n-grams are not in the graph: Model.pack reads them, and onnx_inputs hands them over.
    The metadata has the labels, the words in the order of their indices (a word a line; index 0 is for unknown words)
    and the settings of the tokenizer. UserError without the package onnx, and if the file cannot be written.
    """
    try:
        import onnx
    except ImportError as error:
        raise UserError("--to onnx needs the package onnx; pip install onnx") from error
    graph, values = Graph(onnx), model.values
    features = model.network.onnx_features(graph, values, _vectors(graph, model))
    logits = graph.linear(features, values["output.weight"], values["output.bias"], "logits")
    exported = graph.model(_input_types(onnx, model), logits, len(model.labels))
    words = "\n".join(model.vocabulary.words)
    metadata = {"labels": json.dumps(model.labels, ensure_ascii=False), "words": words}
    onnx.helper.set_model_props(exported, metadata | {"tokenizer": json.dumps(model.tokenizer.settings)})
    onnx.checker.check_model(exported, full_check=True)
    with whole_file(path) as temporary:
        return Path(temporary).write_bytes(exported.SerializeToString())


def onnx_inputs(packed: Packed) -> dict[str, np.ndarray]:
    """A packed batch as the graph takes it: `ids` (B, T) int64, padded with zeros to the longest text, T at least 1;
    `lengths` (B,) int64; for relations `distances` (B, T, 2) int64, padded with zeros.
    Of a model with subwords also `composed` (n, d) float32, n at least 1: the small vectors of the words that it reads
    by them, which have the indices from V on."""
    lengths = np.diff(packed.offsets)
    mask = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = packed.ids
    inputs = {"ids": ids, "lengths": lengths}
    if packed.positions is not None:
        inputs["distances"] = np.zeros((*mask.shape, 2), np.int64)
        inputs["distances"][mask] = packed.positions
    if packed.composed is not None:
        none = np.zeros((1, packed.composed.shape[1]), np.float32)
        inputs["composed"] = packed.composed if len(packed.composed) else none
    return inputs


class Graph:
    """A graph that grows: each method adds nodes, and returns the name of their output."""

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

    def cast(self, values, dtype):
        return self.add("Cast", values, to=getattr(self.onnx.TensorProto, dtype))

    def linear(self, features, weight, bias, name=None):
        return self.add("Gemm", features, self.constant(weight), self.constant(bias), name=name, transB=1)

    def lengths(self):
        """The lengths of the texts, (B, 1)."""
        return self.add("Unsqueeze", "lengths", self.constant([1]))

    def masked(self, vectors):
        """The vectors (B, T, n), set to zero after the end of each text."""
        mask = self.add("Unsqueeze", self._below(self._tokens(), self.lengths()), self.constant([2]))
        return self.add("Where", mask, vectors, self.constant(np.float32(0)))

    def max_over_time(self, values, more=0):
        """The maximum (B, n) of values (B, n, T + more) over the first length + more steps of each text."""
        steps, end = (self.add("Add", count, self.constant(more)) for count in (self._tokens(), self.lengths()))
        mask = self.add("Unsqueeze", self._below(steps, end), self.constant([1]))
        kept = self.add("Where", mask, values, self.constant(LOWEST))
        return self.add("ReduceMax", kept, axes=[2], keepdims=0)

    def zero_if_empty(self, features):
        """The features (B, F), set to zero for empty texts."""
        some = self.add("Less", self.constant(0), self.lengths())
        return self.add("Where", some, features, self.constant(np.float32(0)))

    def model(self, inputs, output, classes):
        helper, float32 = self.onnx.helper, self.onnx.TensorProto.FLOAT
        outputs = [helper.make_tensor_value_info(output, float32, ["texts", classes])]
        graph = helper.make_graph(self.nodes, "embdistill", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="embdistill")

    def _tokens(self):
        """T, the size of the second axis of ids."""
        return self.add("Gather", self.add("Shape", "ids"), self.constant(1))

    def _below(self, steps, end):
        """Whether each of the numbers 0 to steps - 1 is below `end` (B, 1): (B, steps)."""
        return self.add("Less", self.add("Range", self.constant(0), steps, self.constant(1)), end)


def _input_types(onnx, model):
    shapes = {"ids": ["texts", "tokens"], "lengths": ["texts"]}
    if model.relations:
        shapes["distances"] = ["texts", "tokens", len(ENTITIES)]
    make, types = onnx.helper.make_tensor_value_info, onnx.TensorProto
    inputs = [make(name, types.INT64, shape) for name, shape in shapes.items()]
    return inputs + ([make("composed", types.FLOAT, ["words", model.network.dim])] if model.subwords else [])


def _word_vectors(graph, model):
    """The small vectors (B, T, d): rows of the table and, for indices from V on, of `composed`."""
    if not model.subwords:
        return graph.add("Gather", graph.constant(model.table), "ids")
    rows, zero = graph.constant(len(model.table)), graph.constant(0)
    known = graph.add("Less", "ids", rows)
    from_table = graph.add("Gather", graph.constant(model.table), graph.add("Where", known, "ids", zero))
    beyond = graph.add("Where", known, zero, graph.add("Sub", "ids", rows))
    from_composed = graph.add("Gather", "composed", beyond)
    return graph.add("Where", graph.add("Unsqueeze", known, graph.constant([2])), from_table, from_composed)


def _vectors(graph, model):
    """The inputs (B, T, d + 2p) of the network: word vectors and, for relations, two position vectors."""
    vectors = _word_vectors(graph, model)
    if not model.relations:
        return vectors
    positions, max_distance = [], model.network.position_reach
    for column, entity in enumerate(ENTITIES):
        distance = graph.add("Gather", "distances", graph.constant(column), axis=2)
        clipped = graph.add("Clip", distance, graph.constant(-max_distance), graph.constant(max_distance))
        row = graph.add("Add", clipped, graph.constant(max_distance))
        positions.append(graph.add("Gather", graph.constant(model.values[f"position{entity}.table"]), row))
    return graph.add("Concat", vectors, *positions, axis=2)
