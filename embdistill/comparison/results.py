"""The files of a finished comparison, besides runs.jsonl: records, summary, figures and report."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from embdistill.comparison import figures, report
from embdistill.comparison.runs_file import RUNS
from embdistill.comparison.statistics import overlap, summarise
from embdistill.comparison.summary_table import markdown, remarks
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.progress import say
from embdistill.storage.files import check_writable, whole_file

FILES = ("results.json", "results.csv", "summary.json", "summary.csv", "summary.md", "report.html")  # and figures
ONLY_IN_RUNS = ("history", "versions")  # in runs.jsonl, not in the records
NOT_IN_CSV = ("per_class", "confusion", "confusions", "read")  # too long for a line


def make_folder(folder: str | Path, inputs: Iterable[str | Path] = ()) -> Path:
    """The folder, created if missing; UserError if it is a file or cannot be written to, and if one of `inputs`, or of
    the files of another program, would be overwritten there."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{folder}: is a file, or below one; name a folder") from None
    except OSError as error:
        raise UserError(f"{folder}: cannot be created ({error.strerror}); choose another folder") from error
    inputs = list(inputs)
    for name in (RUNS, *FILES):
        check_writable(folder / name, inputs)
    theirs = [name for name in FILES if (folder / name).exists()]
    if theirs and not (folder / RUNS).exists():
        raise UserError(
            f"{folder / theirs[0]}: is there already, and not of a comparison; choose another folder for --out"
        )
    return folder


def write_results(folder: Path, runs: Sequence[dict], dataset: Dataset, command: str) -> list[dict]:
    """Write all files; returns the records, which are the runs without ONLY_IN_RUNS.

    runs: entries of runs.jsonl. dataset: for its inputs and notes. command: the command line, or nothing.
    """
    records = [{name: value for name, value in run.items() if name not in ONLY_IN_RUNS} for run in runs]
    rows = summarise(records)
    notes = remarks(rows, overlap(records))
    _write_json(folder / "results.json", records)
    _write_csv(folder / "results.csv", records)
    _write_json(folder / "summary.json", rows)
    _write_csv(folder / "summary.csv", rows)
    _write(folder / "summary.md", markdown(rows) + "\n" + "".join(f"- {note}\n" for note in notes))
    images = {}
    try:
        images = figures.draw(rows, runs)
    except ImportError:
        say("figures are omitted: they need Matplotlib; pip install matplotlib")
    for name, content in images.items():
        _write(folder / name, content)
    _write(folder / "report.html", report.page(rows, notes, runs, images, dataset, command))
    return records


def _write_json(path, value):
    _write(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _write_csv(path, records):
    """One line per record under a header; a record without an entry has an empty cell."""
    flat = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for values in flat for name in values))
    # What is null in one record and an object in another has columns for its entries only.
    names = [name for name in names if not any(other.startswith(f"{name}.") for other in names)]
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


def _flat(record, prefix=""):
    """A nested record as one level of names, joined by dots, without NOT_IN_CSV; lists as words."""
    values = {}
    for name, value in record.items():
        if name in NOT_IN_CSV:
            continue
        if isinstance(value, dict):
            values |= _flat(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = " ".join(map(str, value)) if isinstance(value, list) else value
    return values


def _write(path, content):
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(content.encode(errors="backslashreplace") if isinstance(content, str) else content)
