"""The verb `vectors plot`."""

import os
from pathlib import Path

from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.storage.files import check_writable, whole_file

FORMS = ("svg", "png", "pdf")


def plot(files, *, out: str | None = None, count: int = 300, json: bool = False):
    """Draw vectors in the plane, side by side, by the first two principal components of each.

    Args:
        files: a run file, whose large and small vectors are drawn; or several, separated by commas, of vectors and of
            runs. Words have the colour of the class that they speak for, the label that the first run among the files
            gives to a text of that word alone.
        out: the file to write, named .svg, .png or .pdf.
        count: how many words, those that all files have and that speak most strongly for their classes, as many of each
            class; without a run, the first words of the first file.
        json: print one JSON object.
    """
    form = Path(out or "").suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UserError(f"--out {out or 'is missing'}: must be a file named {', '.join(f'.{name}' for name in FORMS)}")
    paths = [path.strip() for path in files.split(",") if path.strip()]
    check_writable(out, paths)
    runs = {path: run for path in paths if (run := _run_of(path))}
    if len(paths) == 1 and runs:
        paths = [_large_vectors_of(paths[0], runs[paths[0]]), *paths]
    words, classes, panels = _panels(paths, runs, count)
    try:
        from embdistill.drawing.vectors_figure import draw

        image = draw(panels, words, classes, form)
    except ImportError as error:
        raise UserError("vectors plot needs Matplotlib; pip install 'embdistill[plot]'") from error
    with whole_file(out) as temporary:
        Path(temporary).write_bytes(image)
    record = {"out": out, "words": len(words), "classes": sorted(set(classes)), "files": paths}
    print_json(record) if json else print(f"{out}: {len(words)} words, {', '.join(panel.title for panel in panels)}")


def _run_of(path):
    """The model of a run file; None for a file of vectors."""
    from embdistill.model.edm import is_edm
    from embdistill.model.run_file import load_run
    from embdistill.storage.hdf5 import schema_of
    from embdistill.storage.userblock import is_ours

    if is_edm(path):
        raise UserError(f"{path}: an .edm file does not hold its words; name the run file that it was made from")
    return load_run(path) if is_ours(path) and schema_of(path) == "run" else None


def _large_vectors_of(path, run):
    for source in run.about.get("inputs", ()):
        if source["role"] == "vectors":
            if os.path.exists(source["path"]):
                return source["path"]
            break
    raise UserError(f"{path}: its large vectors are not where it says; name them too: vectors plot VECTORS,{path}")


def _panels(paths, runs, count):
    """(words, classes, panels): the words that all files have, of which `count` are drawn."""
    from embdistill.drawing.vectors_figure import Panel
    from embdistill.model.word_classes import strongest, word_classes

    tables = {path: _table_of_run(runs[path]) if path in runs else None for path in paths}
    wanted = set.intersection(*(set(table) for table in tables.values() if table)) if runs else None
    for path in paths:
        if path not in runs:
            tables[path] = _table_of_file(path, wanted, None if runs else 100 * count)
    first, *others = tables.values()
    words = [word for word in first if all(word in table for table in others)]
    if len(words) < 3:
        raise UserError(f"{', '.join(paths)}: have {len(words)} words in common, too few for a figure")
    classes = [""] * len(words[:count])
    coloured = next((run for run in runs.values() if not run.relations), None)
    if coloured:
        indices, probabilities = word_classes(coloured, words)
        rows = strongest(indices, probabilities, count)
        words, classes = [words[row] for row in rows], [coloured.labels[indices[row]] for row in rows]
    words = words[:count]
    return words, classes, [_panel(Panel, path, tables[path], words, path in runs) for path in paths]


def _table_of_run(run):
    return dict(zip(run.vocabulary.words[1:], run.table[1:], strict=True))


def _table_of_file(path, wanted, most):
    """The vectors of a file by word: of the wanted words, or of the first ones."""
    from itertools import islice

    from embdistill.data.vectors import open_vectors

    return dict(islice(open_vectors(path).rows(wanted), most))


def _panel(make, path, table, words, is_run):
    import numpy as np

    vectors = np.array([table[word] for word in words], np.float32)
    kind = "small vectors" if is_run else "vectors"
    return make(f"{os.path.basename(path)}: {kind}, d = {vectors.shape[1]}", vectors)
