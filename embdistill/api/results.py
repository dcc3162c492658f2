"""What the functions of the API return."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embdistill.api.errors import errors_in_python
from embdistill.api.tables import Row, Table
from embdistill.data.corpora import Corpus
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import save_run
from embdistill.searching import output
from embdistill.searching.search import Found
from embdistill.storage.files import check_writable
from embdistill.storage.hdf5 import check_replaceable
from embdistill.training import experiment


@dataclass(frozen=True, repr=False, eq=False)
class LabelledTexts(Table):
    """The labelled texts of a file."""

    corpus: Corpus

    @property
    def texts(self) -> list[str]:
        return [example.text for example in self.corpus.examples]

    @property
    def labels(self) -> list[str]:
        return [example.label for example in self.corpus.examples]

    @property
    def classes(self) -> dict[str, int]:
        """How many texts each class has, the largest first."""
        return dict(Counter(self.labels).most_common())

    @property
    def notes(self) -> list[str]:
        """What was omitted or read in another way."""
        return self.corpus.notes

    @property
    def title(self) -> str:
        return f"{self.corpus.path} ({self.corpus.format}): {len(self.texts):,} texts, {len(self.classes):,} classes"

    def rows(self) -> Sequence[Row]:
        return [{"label": example.label, "text": example.text} for example in self.corpus.examples]


@dataclass(frozen=True, repr=False, eq=False)
class WordVectors(Table):
    """Words (n), the frequent ones first, and their vectors (n, D) float32.

    sha256: of the file, None for vectors that come from none. notes: what was omitted or read in another way.
    """

    words: Sequence[str]
    vectors: npt.NDArray[np.float32]
    name: str = "vectors"
    sha256: str | None = None
    notes: Sequence[str] = ()

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str) -> npt.NDArray[np.float32]:
        """The vector (D,) of a word; KeyError if it has none."""
        vector: npt.NDArray[np.float32] = self.vectors[self._index[word]]
        return vector

    @property
    def title(self) -> str:
        return f"{self.name}: {len(self.words):,} words, {self.vectors.shape[1]} dimensions"

    def rows(self) -> Sequence[Row]:
        return [{"word": word, **_numbered(row)} for word, row in zip(self.words, self.vectors.tolist(), strict=True)]


@dataclass(frozen=True, repr=False, eq=False)
class Trained(Table):
    """A trained model that is not folded yet: the large vectors and the encoder are still there. Rows: its epochs."""

    state: experiment.Trained

    @property
    def config(self) -> Config:
        return self.state.config

    @property
    def notes(self) -> list[str]:
        """What was read, omitted or changed of the texts and vectors."""
        return self.state.dataset.notes

    @property
    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """The weights by name, those of the encoder or table first; (out, in)."""
        return dict(self.state.learners[-1].parameters.values)

    @property
    def title(self) -> str:
        config = self.config
        return f"{config.method} {config.network}, d = {self.state.learners[-1].table.dim}, seed {config.seed}"

    def rows(self) -> Sequence[Row]:
        return [
            {"stage": stage, **epoch._asdict()} for stage, epochs in self.state.histories.items() for epoch in epochs
        ]


@dataclass(frozen=True, repr=False, eq=False)
class Folded(Table):
    """A model as it is shipped: a small table, computed once, and a network; and the record of its training."""

    model: Model
    record: Mapping[str, Any]

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The most probable label of each text."""
        return self.model.predict(texts)

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The probabilities (n, C) of the classes, in the order of model.labels."""
        return self.model.predict_proba(texts)

    def save(self, path: str | Path) -> None:
        """Write a run file, as `train --out` does; UserError if it cannot be written, or would replace another file."""
        check_replaceable(path, "run")
        save_run(path, self.model)

    @property
    def title(self) -> str:
        return f"{self.record['vocabulary']:,} words, {self.record['classes']} classes"

    def rows(self) -> Sequence[Row]:
        scores = {f"{split} accuracy": (self.record[split] or {}).get("accuracy") for split in ("dev", "test")}
        sizes = {f"{part} bytes": size for part, size in self.record["bytes"].items()}
        return [{**{name: self.record[name] for name in ("method", "network", "dim", "seed")}, **scores, **sizes}]


@dataclass(frozen=True, repr=False, eq=False)
class Searched(Table):
    """The most accurate model that fits a device, its .edm image, and the record of its search, as `train --flash
    --json` prints it. Rows: the candidates that no smaller one beats on dev, and the chosen one.
    """

    found: Found
    record: Mapping[str, Any]

    @property
    def model(self) -> Model:
        return self.found.model

    @property
    def image(self) -> bytes:
        return self.found.image

    @cached_property
    def runtime(self) -> EdmModel:
        """The image, ready to answer."""
        return EdmModel(self.image)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The most probable label of each text, as the image answers on a board."""
        return self.runtime.predict(texts)

    def predict_proba(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The probabilities (n, C) of the classes, in the order of runtime.labels."""
        probabilities: npt.NDArray[np.float32] = self.runtime.predict_proba(texts)
        return probabilities

    def save(self, path: str | Path) -> list[str]:
        """Write what `train --flash --out` does, the run file, its image and the curve beside it, and return their
        paths; UserError if they cannot be written, or would replace other files."""
        with errors_in_python():
            check_writable(path, [])
            check_replaceable(path, "run")
            beside = output.beside(str(path), [])
            return output.save(self.found, {**self.record, "out": str(path)}, str(path), *beside)

    @property
    def title(self) -> str:
        chosen = self.found.chosen
        return f"{chosen.model} {chosen.dtype}, {chosen.words:,} words; {chosen.flash:,} bytes of flash"

    def rows(self) -> Sequence[Row]:
        curve: Sequence[Row] = self.record["search"]["curve"]
        return curve


@dataclass(frozen=True, repr=False, eq=False)
class Scores(Table):
    """Scores of a model, in percent. Rows: the classes. details: all that `evaluate --json` prints."""

    details: Mapping[str, Any]
    accuracy: float
    macro_f1: float

    @property
    def title(self) -> str:
        return f"{self.details['examples']:,} texts: accuracy {self.accuracy:.1f} %, macro-F1 {self.macro_f1:.1f} %"

    def rows(self) -> Sequence[Row]:
        return [{"class": name, **scores} for name, scores in self.details["per_class"].items()]


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(Table):
    """Many runs compared. Rows: a method at a dim, the mean of its runs and the difference from `direct`.

    runs: the records. summary: as in summary.json. remarks: how to read the table. folder: where all of it is, with
    figures and a report.
    """

    runs: Sequence[Mapping[str, Any]]
    summary: Sequence[Mapping[str, Any]]
    remarks: Sequence[str]
    folder: Path

    @property
    def title(self) -> str:
        return f"{len(self.runs):,} runs, test {self.summary[0]['score']} in percent; {self.folder / 'report.html'}"

    def rows(self) -> Sequence[Row]:
        return [_flat(row) for row in self.summary]


@dataclass(frozen=True)
class Exported:
    """A model that was written for another program, and its size in bytes."""

    path: Path
    to: str
    dtype: str
    bytes: int


def _numbered(values: Sequence[float]) -> dict[str, float]:
    return {str(i): value for i, value in enumerate(values)}


def _flat(row: Mapping[str, Any]) -> Row:
    """A row of statistics.summarise(): its means, intervals and p in columns."""
    test, difference = row["test"], row["difference"] or {}
    return {
        **{name: row[name] for name in ("method", "network", "dim", "runs")},
        **{name: test[name] for name in ("mean", "low", "high", "sd")},
        "dev": row["dev"]["mean"],
        **{f"vs direct {name}": difference.get(name) for name in ("mean", "low", "high", "p")},
        "table bytes": row["bytes"]["table"],
        "bytes": row["bytes"]["total"],
        "train seconds": row["seconds"]["train"],
    }
