"""What a search leaves: the run file of the best model, its image and the curve beside it, and a record."""

from dataclasses import asdict, replace
from pathlib import Path

from embdistill.data.dataset import Dataset
from embdistill.errors import UserError, reading
from embdistill.export import check_out, write_image
from embdistill.export.budget import TYPOS
from embdistill.model.edm import EdmModel
from embdistill.model.evaluation import predicted_of, scores_of, scores_with_typos
from embdistill.model.run_file import save_run
from embdistill.progress import say
from embdistill.searching.arms import Limits
from embdistill.searching.curve import FLASH_LABEL, figure, frontier
from embdistill.searching.search import Found
from embdistill.storage.files import check_writable, whole_file

BESIDE = (".edm", ".svg")  # the suffixes of the image and of the curve, in place of that of --out


def beside(out: str, inputs: list[str]) -> tuple[Path, Path]:
    """Where the image and the curve go; UserError if they cannot be written there."""
    image, curve = (Path(out).with_suffix(suffix) for suffix in BESIDE)
    if Path(out) in (image, curve):
        raise UserError(f"--out {out}: names the run file, beside which {image} and {curve} go; call it NAME.h5")
    check_out("edm", image, inputs)
    check_writable(curve, inputs)
    with reading(curve):
        if curve.is_file() and FLASH_LABEL.encode() not in curve.read_bytes():
            raise UserError(f"{curve}: is there already, and no curve of a search; choose another name for --out")
    return image, curve


def record_of(found: Found, dataset: Dataset, limits: Limits, out: str, seconds: dict) -> dict:
    """The record of the best model, as `train` gives it, with scores of images, and what led to it under "search".

    dataset: with dev and, if there is one, test split. seconds: that the search took, to be added.
    """
    model, scores = found.model, {}
    for name, split, image in [("dev", dataset.dev, found.image_without_dev), ("test", dataset.test, found.image)]:
        edm = EdmModel(image)
        scores[name] = split and scores_of(edm, split.labels, predicted_of(edm, split.texts))
        if split and found.chosen.dev_typos is not None:
            scores[name]["typos"] = scores_with_typos(edm, split.texts, split.labels, TYPOS)
    record = model.about["record"]
    return {
        **record,
        **scores,
        "vocabulary": len(model.vocabulary),
        "bytes": model.bytes,
        "seconds": {**record["seconds"], **seconds},
        "out": out,
        "search": {
            **{"flash": limits.budget.flash, "ram": limits.budget.ram, "max_instructions": limits.instructions},
            **{
                "code": found.chosen.flash - found.chosen.bytes,
                "instructions": found.instructions,
                "chosen": asdict(found.chosen),
            },
            "curve": [asdict(candidate) for candidate in frontier(found.considered, found.chosen)],
        },
    }


def save(found: Found, record: dict, out: str, image: Path, curve: Path) -> list[str]:
    """Write the three files, the run file last; the names of those written.

    Without Matplotlib the curve is left out, and that is said.
    """
    written = [str(image)]
    model = replace(found.model, about=found.model.about | {"record": record})
    write_image(found.image, "edm", image)
    try:
        drawn = figure(found, record["search"]["flash"])
    except ImportError:
        say("the figure is omitted: it needs Matplotlib; pip install matplotlib")
    else:
        with whole_file(curve) as temporary:
            Path(temporary).write_bytes(drawn)
        written.append(str(curve))
    save_run(out, model)
    return [str(out), *written]
