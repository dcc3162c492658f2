"""An explanation for a terminal: the text in colour, and a line for each word."""

import unicodedata

from embdistill.model.explanation import Explanation, Word

BAR = 16  # characters of the longest
FOR, AGAINST = 24, 130  # of the 256 colours: blue and orange, which colour-blind readers tell apart
STRONG = 0.15  # of the largest effect; less than that is not coloured
JOINERS = "\u200c\u200d"  # of Persian, Indic scripts and emoji
NOTES = {"corrected": "read as {}", "subwords": "read by its n-grams", "unknown": "unknown"}


def as_text(explanation: Explanation, colours: bool) -> str:
    """LABEL TAB probability, the text, and for each word what it adds to the probability; with a line end.

    colours: whether words are coloured, as on a terminal. A word that adds has a bar of +, one that takes away of -.
    Control characters, and those that change the direction of writing, are shown as \\u and four digits.
    """
    largest = max((abs(word.probability) for word in explanation.words), default=0) or 1
    lines = [f"{visible(explanation.label)}\t{explanation.probability:.6f}"]
    if explanation.label != explanation.predicted:
        best = explanation.probabilities[explanation.predicted]
        lines.append(f"(the most probable label is {visible(explanation.predicted)}\t{best:.6f})")
    if colours:
        lines.append(_coloured(explanation, largest))
    wide = max((_columns(visible(word.text)) for word in explanation.words), default=0)
    shares = "    share" if explanation.rest is not None else ""
    if explanation.words:
        lines.append(f"  {'word':<{max(wide, 10)}}  probability    logit{shares}")
    lines += [_line(word, max(wide, 10), largest) for word in explanation.words]
    if explanation.rest is not None:
        lines.append(f"  {'the rest of the logit':<{max(wide, 10) + 22}}{explanation.rest:>+9.3f}")
    if explanation.count > len(explanation.words):
        lines.append(f"  {left_out(explanation)}")
    return "\n".join(lines) + "\n"


def left_out(explanation: Explanation) -> str:
    """What is to be said of a long text."""
    return f"the first {len(explanation.words)} of {explanation.count} words were left out in turn; the text is long"


def note(word: Word) -> str:
    """How a word is read that the model does not know."""
    return NOTES.get(word.reading, "").format(word.read_as)


def visible(text: str) -> str:
    """A text whose control and format characters are shown, so that a terminal does not obey them."""
    return "".join(f"\\u{ord(letter):04x}" if _is_hidden(letter) else letter for letter in text)


def _is_hidden(letter):
    return unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") and letter not in JOINERS


def _line(word, wide, largest):
    share = word.probability / largest
    bar = ("+" if share > 0 else "-") * round(abs(share) * BAR)
    shown = visible(word.text)
    padded = shown + " " * (wide - _columns(shown))
    number = "" if word.share is None else f"{word.share:>+9.3f}"
    return f"  {padded}  {word.probability:>+11.4f}{word.logit:>+9.3f}{number}  {bar:<{BAR}}  {note(word)}".rstrip()


def _coloured(explanation, largest):
    parts, at = [], 0
    for word in explanation.words:
        parts += [visible(explanation.text[at : word.start]), _word(word, word.probability / largest)]
        at = word.end
    return "".join([*parts, visible(explanation.text[at:])])


def _word(word, share):
    colour = f"48;5;{FOR if share > 0 else AGAINST};97" if abs(share) >= STRONG else ""
    style = ";".join(filter(None, [colour, "1" if abs(share) > 0.5 else "", "4" if word.reading != "known" else ""]))
    return f"\x1b[{style}m{visible(word.text)}\x1b[0m" if style else visible(word.text)


def _columns(text):
    """How wide a terminal shows a text."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )
