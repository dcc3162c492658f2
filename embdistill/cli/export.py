"""The verb `export`."""

import os

from embdistill.cli.printing import print_json
from embdistill.errors import UserError


def export(
    model,
    *,
    to: str | None = None,
    out: str | None = None,
    dtype: str | None = None,
    flash: str | None = None,
    ram: str | None = None,
    data: str | None = None,
    dev: str | None = None,
    vocab: str | None = None,
    json: bool = False,
):
    """Write a trained model for another program: an .edm file, C, Arduino, Zephyr, a web page, ONNX, word vectors.

    Args:
        model: a run file, or an .edm file for c, arduino, zephyr and web; with flash, one or several run files,
            separated by commas, of which the most accurate is taken.
        to: edm (one file, for C and Python), c (a folder with a C project), arduino (a folder with a library of its
            name), zephyr (a folder with a module), web (one HTML page that classifies, without a network), onnx, or
            word2vec (the small table).
        out: the file or folder to write.
        dtype: float32 (the default, but for an .edm file its own), int8, about a quarter of the size, or int4,
            about a sixth; not for onnx and word2vec. With flash, all are tried.
        flash: bytes that code and model may take on a Cortex-M3, such as 64K; the least important words are omitted.
        ram: with flash, bytes of memory that a text of 64 tokens may take, such as 8K.
        data: with flash, the training texts of the run files, if they are not where they were.
        dev: with flash, the dev texts of the run files, if they are not where they were.
        vocab: with word2vec, a text file of words to write in place of the model's, also of words that it reads by
            their n-grams only.
        json: print one JSON object.
    """
    from embdistill.export import FORMATS, write

    if to not in FORMATS:
        raise UserError(f"--to {to or 'is missing'}: must be one of {', '.join(FORMATS)}")
    if not out:
        raise UserError("--out is missing; name the file or folder to write")
    if flash:
        if vocab:
            raise UserError("--vocab does not go with --flash; omit one of them")
        return _export_within(model, to, out, dtype, flash, ram, data, dev, json)
    for name, value in {"ram": ram, "data": data, "dev": dev}.items():
        if value:
            raise UserError(f"--{name} needs --flash; give both, or omit --{name}")
    if "," in model and not os.path.exists(model):
        raise UserError(f"{model}: several run files need --flash, by which one is chosen; give it, or name one file")
    record = write(model, to, out, dtype, vocab)
    print_json(record) if json else print(f"{out}: {record['bytes']:,} bytes")


def _export_within(model, to, out, dtype, flash, ram, data, dev, json):
    """The most accurate of the run files, dtypes and numbers of words that fits a microcontroller."""
    from embdistill.export import FOLDERS, budget_report, check_out, write_image
    from embdistill.export import budget as budgets
    from embdistill.export.edm import DTYPES
    from embdistill.model.edm import is_edm

    if to not in ("edm", *FOLDERS):
        raise UserError(f"--flash does not go with --to {to}; omit it, or export to one of edm, {', '.join(FOLDERS)}")
    if dtype and dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: must be one of {', '.join(DTYPES)}")
    sizes = {name: budgets.parse_size(name, value) for name, value in {"flash": flash, "ram": ram}.items() if value}
    budget, paths = budgets.Budget(**sizes), [path.strip() for path in model.split(",") if path.strip()] or [model]
    for path in filter(is_edm, paths):
        raise UserError(f"{path}: an .edm file lacks what --flash needs; name the run file that it was made from")
    check_out(to, out, paths)
    choice = budgets.choose(paths, budget, [dtype] if dtype else DTYPES, data, dev)
    write_image(choice.image, to, out)
    if json:
        return print_json({"to": to, "out": out, **budget_report.as_record(choice, budget)})
    print(budget_report.table(choice))
    print(budget_report.verdict(choice.chosen, budget))
    print(f"{out}: {choice.chosen.bytes:,} bytes")
