"""The verb `train` with --flash: the most accurate model that fits."""

import time

from embdistill.cli.inputs import read_dataset
from embdistill.cli.printing import print_json
from embdistill.errors import UserError
from embdistill.storage.files import check_writable


def read_limits(flash: str, ram: str | None, max_instructions: int | None):
    """The Limits of the options; UserError for a size that is none."""
    from embdistill.export.budget import Budget, parse_size
    from embdistill.searching.arms import Limits

    budget = Budget(parse_size("flash", flash), ram and parse_size("ram", ram))
    return Limits(budget, max_instructions)


def train_within(limits, files, settings, given, config, out, threads, json):
    """Search within Limits, and write the best model. files: RunFiles. given: the settings that the user gave."""
    if not files.data:
        raise UserError("--flash needs --data; without --data the built-in demo runs")
    from embdistill.kernels.machine.threads import cores, use_threads
    from embdistill.model.unused import unused
    from embdistill.progress import announce_compilation, say
    from embdistill.searching import output
    from embdistill.searching.search import check_dev, search
    from embdistill.searching.space import settings_to_try, shared_settings
    from embdistill.storage.hdf5 import check_replaceable

    settings = shared_settings(settings, given)
    use_threads(1)  # of each process
    inputs = [path for path in files.paths(config) if path]
    check_writable(out, inputs)
    check_replaceable(out, "run")
    image, curve = output.beside(out, inputs)
    announce_compilation()
    begun = time.perf_counter()
    dataset = read_dataset(settings, files, None, check_dev).with_dev(settings.seed)
    configs = settings_to_try(settings, given, dataset.relations)
    if line := unused(given, configs, dataset.relations):
        say(line)
    found = search(dataset, settings, configs, limits, threads or cores())
    if found.chosen.words == len(dataset.vocabulary) - 1 and not settings.words:
        free = limits.budget.flash - found.chosen.flash
        say(f"{free:,} bytes of flash are free, since the texts have no more words; --words 5000 adds frequent ones")
    record = output.record_of(found, dataset, limits, out, {"search": time.perf_counter() - begun})
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
    if record["test"]:
        typos = record["test"].get("typos")
        print(f"test {headline(record['test']):.1f} %" + (f", with typos {headline(typos):.1f} %" if typos else ""))
    print(f"saved: {', '.join(written)}")
    print(f"next: python -m embdistill export {written[1]} --to c --out FOLDER")
