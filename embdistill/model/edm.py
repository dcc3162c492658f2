"""Models in .edm files, run by the C runtime: what a computer and a microcontroller share.

It imports next to nothing, so that `predict` starts fast: NumPy only when arrays are asked for.
"""

from embdistill.errors import FormatError, MarkError, checked_texts, reading
from embdistill.kernels.runtime import _runtime

MAGIC = b"\x89EDM\r\n\x1a\n"
LEAST_TEXTS = 64  # of a part of a batch, which one thread takes
PARTS = 8  # of a batch for each thread, so that all end at about the same time
WEIGHTS = ("POS1", "POS2", "NETW", "MAPW", "MAPB", "RECF", "RECB", "OUTW", "OUTB")  # sections of the network

READING = {"CORR": "correction", "SPEL": "spellings", "SUBW": "subwords"}  # sections for words that the table lacks


class EdmModel(_runtime.Model):
    """A classifier of texts over an .edm image (docs/edm.md), which is used in place; it may be used from many threads.

    labels: the names of the classes. classify(text): the most probable label of one text, and its probability. These
    are in kernels/runtime/python.
    """

    name = "an .edm image"  # in error messages

    def __init__(self, image, precompute: int = 0, correct: bool = True, subwords: bool = True):
        """image: bytes, used in place, or any other buffer, which is copied, since it is checked only once.

        precompute: the first layer is precomputed for this many of the most frequent words, which takes memory and
        saves time; ignored by models of relations. correct, subwords: whether words that the model does not know are
        read so, as far as the image has what it takes. FormatError for an image that is not sound.
        """

        self._options = (precompute, correct, subwords)

    def __reduce__(self):
        """For pickle: to processes that answer texts."""
        return _loaded, (bytes(self._image), *self._options, self.name)

    def predict(self, texts, threads: int = 1) -> list[str]:
        """The most probable label of each text.

        threads: how many share the texts; other threads of Python run meanwhile.
        MarkError, with the index of the text, if an entity is not marked; TypeError for one text instead of a list.
        """
        if threads == 1:
            return self._predict(texts)
        return [label for labels in _in_threads(self._predict, texts, threads) for label in labels]

    def predict_proba(self, texts, threads: int = 1):
        """Probabilities (B, C) float32 of the classes, in the order of `labels`. An empty text has some too.

        threads and errors: as in predict.
        """
        return self._rows(_in_threads(self._probabilities, texts, threads))

    def predict_logits(self, texts, threads: int = 1):
        """Logits (B, C) float32, as predict_proba."""
        return self._rows(_in_threads(self._logits, texts, threads))

    def _rows(self, computed):
        import numpy as np

        values = bytearray().join(values for values, _ in computed)
        return np.frombuffer(values, np.float32).reshape(-1, len(self.labels))

    def logits_and_known(self, texts):
        """(logits, known): a list of C floats for each text, and how many of its tokens are known words."""
        values, known = self._logits(texts)
        values, classes = memoryview(values).cast("f").tolist(), len(self.labels)
        rows = [values[first : first + classes] for first in range(0, len(values), classes)]
        return rows, memoryview(known).cast("N").tolist()

    def ranked_and_known(self, texts, top: int):
        """(ranked, known): the `top` most probable (label, probability) of each text, best first, or all if there are
        fewer; and how many of its tokens are known words.
        """
        ranked, known = self._ranked(texts, top)
        return ranked, memoryview(known).cast("N").tolist()

    def explain(self, text: str | bytes, label: str | None = None):
        """What each word of a text does to a label, an embdistill.model.explanation.Explanation.

        label: the most probable one by default. UserError for a label that the model does not have, MarkError as
        predict.
        """
        from embdistill.model.explanation import explain

        return explain(self, text, label)

    @property
    def about(self) -> dict:
        """The description of the model in its file; FormatError if that is not a JSON object."""
        from embdistill.storage.json_text import parse

        try:
            return parse(self._settings["about"] or b"{}")
        except (ValueError, RecursionError) as error:  # also what is not UTF-8
            raise FormatError(f"{self.name}: META is not a JSON object ({error}); make the file again") from error

    @property
    def relations(self) -> bool:
        """Whether texts have entities marked with <e1>, </e1>, <e2>, </e2>, and the classes are their relations."""
        return self._settings["position_dim"] > 0

    @property
    def tokenizer(self):
        """The embdistill.data.tokenizer.Tokenizer with the settings of the model."""
        from embdistill.data.tokenizer import Tokenizer

        return Tokenizer(self._settings["mode"], self._settings["lowercase"])

    @property
    def known_words(self):
        """What finds the words that the model knows by `in`: the model, which does not hold the words themselves."""
        return self

    @property
    def vocabulary(self) -> int:
        """V, the rows of the table: the words and one for all unknown ones."""
        return self._settings["words"] + 1

    @property
    def network(self) -> dict:
        """The network and its sizes by name."""
        settings = self._settings
        found = {name: settings[name] for name in ("network", "dim", "hidden")}
        found |= {name: settings[name] for name in ("widths", "pooling") if settings[name]}  # some networks have them
        if self.relations:
            found |= {"position_dim": settings["position_dim"], "position_reach": settings["max_distance"]}
        return found

    @property
    def sections(self) -> dict[str, int]:
        """The size in bytes of each section of the image, by name."""
        import struct

        (count,) = struct.unpack_from("<I", self._image, 16)
        entries = struct.iter_unpack("<4sIII", self._image[24 : 24 + 16 * count])
        return {name.decode("latin-1"): size for name, _, size, _ in entries}

    @property
    def bytes(self) -> dict[str, int]:
        """Bytes of the table, of the weights of the network, of what reads words that the table lacks, if the image has
        it, and of the image."""
        sections = self.sections
        parts = {"table": sections["TABL"], "network": sum(sections.get(name, 0) for name in WEIGHTS)}
        parts |= {part: sections[name] for name, part in READING.items() if name in sections}
        return {**parts, "total": self._image.nbytes}


def _in_threads(method, texts, threads):
    """What a method gives for the texts: a list of its answers to parts of them, which the threads share."""
    if threads < 1:
        raise ValueError(f"threads: {threads}, must be a whole number from 1 on")
    if threads == 1 or isinstance(texts, (str, bytes)):  # the method refuses one text
        return [method(texts)]
    from concurrent.futures import ThreadPoolExecutor

    texts = list(texts)
    size = max(LEAST_TEXTS, -(-len(texts) // (PARTS * threads)))

    def answer(first):
        try:
            return method(texts[first : first + size])
        except MarkError as error:
            error.index += first
            raise
        except TypeError:
            checked_texts(texts[first : first + size], first)  # its position is that among all
            raise

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(answer, range(0, len(texts), size)))


def is_edm(path) -> bool:
    """Whether a file begins as an .edm file does; UserError if it cannot be read."""
    with reading(path), open(path, "rb") as stream:
        stream.seek(0)  # what cannot be read twice, as a pipe, is refused here
        return stream.read(len(MAGIC)) == MAGIC


def load_edm(path, precompute: int = 0, correct: bool = True, subwords: bool = True) -> EdmModel:
    """The model of an .edm file; FormatError if it is not sound, UserError if it cannot be read.

    precompute, correct, subwords: as in EdmModel.
    """
    try:
        model = EdmModel(_read(path), precompute, correct, subwords)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    model.name = str(path)
    return model


def _loaded(image, precompute, correct, subwords, name):
    model = EdmModel(image, precompute, correct, subwords)
    model.name = name
    return model


def _read(path):
    # Not mapped: if a mapped file were cut off or overwritten, the process would crash.
    with reading(path), open(path, "rb") as stream:
        return stream.read()


def mark_error(model: EdmModel, text: str | bytes, index: int) -> MarkError:
    """The error in the marks of a text, the one of that index, in the words of embdistill.data.relations.

    The C runtime only finds that there is one, and calls this to raise it.
    """
    from embdistill.data.relations import tokenize_marked

    try:
        tokenize_marked(model.tokenizer, text)
    except MarkError as error:
        error.index = index
        return error
    raise RuntimeError(f"the marks of {text!r} are sound, yet the C runtime refused them: this is a bug of embdistill")
