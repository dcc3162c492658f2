"""The verb `train` with --flash: the most accurate model that fits."""

from embdistill.cli.inputs import read_dataset
from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.storage.files import check_writable


def train_within(limits, files, settings, given, config, out, threads, json):
    """Search within Limits, and write the best model. files: RunFiles. given: the settings that the user gave."""
    if not files.data:
        raise UserError("--flash needs --data; without --data the built-in demo runs")
    from embdistill.searching import output
    from embdistill.searching.space import shared_settings
    from embdistill.searching.within import search_within
    from embdistill.storage.hdf5 import check_replaceable

    settings = shared_settings(settings, given)
    inputs = [path for path in files.paths(config) if path]
    check_writable(out, inputs)
    check_replaceable(out, "run")
    image, curve = output.beside(out, inputs)

    def read(check):
        return read_dataset(settings, files, None, check)

    found, record = search_within(limits, read, settings, given, threads, out)
    written = output.save(found, record, out, image, curve)
    print_json(record) if json else _print(found, record, limits, written)


def _print(found, record, limits, written):
    from embdistill.export.budget import Choice
    from embdistill.export.budget_report import table, verdict
    from embdistill.model.metrics import headline
    from embdistill.searching.curve import frontier

    print(table(Choice(found.chosen, found.image, frontier(found.considered, found.chosen))))
    print(f"{verdict(found.chosen, limits.budget)}, about {found.instructions:,} instructions a text")
    print("dev %, typos %: before it was trained again, on train and dev together")
    print("chosen: by the means of two seeds, so that a row of one seed may be higher")
    if record["test"]:
        typos = record["test"].get("typos")
        print(f"test {headline(record['test']):.1f} %" + (f", with typos {headline(typos):.1f} %" if typos else ""))
    print(f"saved: {', '.join(written)}")
    print(f"next: python -m embdistill export {written[1]} --to c --out FOLDER")
