"""Explanations as one self-contained HTML page; its style is explanation.css."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from embdistill.drawing.explanation_text import left_out, note, visible
from embdistill.model.explanation import Explanation

LEGEND = (
    "What a word adds to the probability of the label: that of the text, less that of the text without the word. "
    "Solid underline and full bar to the right: it speaks for the label. Dashed and to the left: against it."
)


def page(explanations: Iterable[Explanation]) -> Iterator[str]:
    """The page, piece by piece. Nothing of a text or label is markup; there is no script."""
    style = (files("embdistill.drawing") / "explanation.css").read_text("utf-8")
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>embdistill: explanation</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>What each word does</h1>\n"
        f'<p class="soft">{escape(LEGEND)}</p>\n'
    )
    yield from map(_section, explanations)
    yield "</main>\n</body>\n</html>\n"


def _section(explanation):
    largest = max((abs(word.probability) for word in explanation.words), default=0) or 1
    remarks = []
    if explanation.label != explanation.predicted:
        best = explanation.probabilities[explanation.predicted]
        remarks.append(f"The most probable label is {explanation.predicted}, {best:.1%}.")
    if explanation.rest is not None:
        sums = f"Shares add up to the logit {explanation.logit:.3f} with the rest {explanation.rest:+.3f}."
        remarks.append(sums.replace("-", "−"))
    if explanation.count > len(explanation.words):
        remarks.append(left_out(explanation).capitalize() + ".")
    return (
        f"<section>\n<h2><bdi>{_escaped(explanation.label)}</bdi> {explanation.probability:.1%}</h2>\n"
        f'<p class="text" dir="auto">{_marked(explanation, largest)}</p>\n'
        + "".join(f'<p class="soft">{_escaped(remark)}</p>\n' for remark in remarks)
        + f"{_table(explanation, largest)}</section>\n"
    )


def _marked(explanation, largest):
    parts, at, text = [], 0, explanation.text
    for word in explanation.words:
        share = word.probability / largest
        side = "for" if share > 0 else "against"
        mark = f'<mark class="{side}" style="--share:{abs(share):.2f}">{_escaped(word.text)}</mark>'
        parts += [_escaped(text[at : word.start]), mark]
        at = word.end
    return "".join([*parts, _escaped(text[at:])])


def _table(explanation, largest):
    if not explanation.words:
        return ""
    shares = explanation.rest is not None
    names = ["probability", "logit", *(["share"] if shares else [])]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="What each word adds">'
        "<table>\n<caption>What each word adds</caption>\n"
        f'<thead><tr><th scope="col" class="w">word</th><td class="bar"></td>{head}<th scope="col" class="w">read</th>'
        "</tr></thead>\n<tbody>\n" + "".join(_row(word, largest, shares) for word in explanation.words) + "</tbody>\n"
        "</table></div>\n"
    )


def _row(word, largest, shares):
    share = word.probability / largest
    numbers = [f"{word.probability:+.4f}", f"{word.logit:+.3f}", *([f"{word.share:+.3f}"] if shares else [])]
    cells = "".join(f"<td>{number.replace('-', '−')}</td>" for number in numbers)
    bar = f'<i class="{"for" if share > 0 else "against"}" style="--share:{abs(share):.3f}"></i>'
    return (
        f'<tr><th scope="row"><bdi>{_escaped(word.text)}</bdi></th><td class="bar" aria-hidden="true">{bar}</td>{cells}'
        f'<td class="w">{_escaped(note(word) or word.reading)}</td></tr>\n'
    )


def _escaped(text):
    """A text as HTML; characters that HTML does not allow, or that no one sees, are shown."""
    return "".join(letter if letter in "\t\n" else escape(visible(letter)) for letter in text)
