"""What was chosen within a budget, for people and as JSON."""

from dataclasses import asdict

from embdistill.export.budget import Budget, Candidate, Choice


def table(choice: Choice) -> str:
    """All candidates, one per line under a header, and what the marks mean."""
    wide = max(len(candidate.model) for candidate in choice.considered)
    open_vocabulary = choice.chosen.dev_typos is not None
    more, typos = (f"{'subwords':>9}{'spellings':>10}", f"{'typos %':>8}") if open_vocabulary else ("", "")
    sizes = f"{'image':>11}{'flash':>11}{'RAM':>9}{'dev %':>7}"
    lines = [f"  {'model':<{wide}}{'words':>8}{more}{'d':>5}  {'dtype':<8}{sizes}{typos}"]
    for c in choice.considered:
        mark = "*" if c == choice.chosen else " " if c.fits else "-"
        sizes = f"{c.bytes:>11,}{c.flash:>11,}{c.ram:>9,}"
        more, typos = (
            (f"{c.subwords:>9}{c.spellings if c.correct else '-':>10}", f"{c.dev_typos:>8.1f}")
            if open_vocabulary
            else ("", "")
        )
        lines.append(f"{mark} {c.model:<{wide}}{c.words:>8}{more}{c.dim:>5}  {c.dtype:<8}{sizes}{c.dev:>7.1f}{typos}")
    typos = (
        "; typos %: with typing errors in a fifth of the longer words; the mean of both counts"
        if open_vocabulary
        else ""
    )
    typos += "; spellings -: no corrections" if open_vocabulary else ""
    return "\n".join([*lines, f"image, flash, RAM: bytes; * chosen, - does not fit{typos}"])


def verdict(chosen: Candidate, budget: Budget) -> str:
    """How much of the budget the chosen model takes, in a line."""
    of_ram = "" if budget.ram is None else f" of {budget.ram:,}"
    parts = f"code {chosen.flash - chosen.bytes:,}, model {chosen.bytes:,}"
    return f"fits: flash {chosen.flash:,} of {budget.flash:,} bytes ({parts}), RAM {chosen.ram:,}{of_ram} bytes"


def as_record(choice: Choice, budget: Budget) -> dict:
    """The choice as a JSON-compatible object."""
    return {
        "budget": asdict(budget),
        "code": choice.chosen.flash - choice.chosen.bytes,
        "chosen": asdict(choice.chosen),
        "considered": [asdict(candidate) for candidate in choice.considered],
    }
