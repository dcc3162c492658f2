"""Tables for `predict`: the one that is read, and the file of `--out`."""

import sys

from embdistill.cli.answers import Answers, answer_line, say
from embdistill.data.answered import added_names, kind_of_table, with_answers, written
from embdistill.data.corpora.kinds import open_lines
from embdistill.data.corpora.layout import Layout
from embdistill.data.corpora.lines import Lines
from embdistill.data.corpora.unlabelled import Unlabelled, read_unlabelled
from embdistill.data.encoding import WINDOWS_1252
from embdistill.errors import UserError
from embdistill.storage.files import check_writable, whole_file


def check_out(out: str, inputs: list[str]) -> None:
    """UserError for a file that cannot be written, is one of the inputs, or is named as what is not written."""
    kind_of_table(out)
    check_writable(out, inputs)


def read_table(input: str, text_column: str | None, delimiter: str | None, header: str, recorded: Layout) -> Unlabelled:
    """The table of a file, or of standard input for -; what had to be told is said. recorded: as of read_corpus."""
    layout = Layout(text_column, None, delimiter, header)
    lines = Lines("standard input", sys.stdin.buffer.read(), "") if input == "-" else open_lines(input)
    table = read_unlabelled(lines, layout, recorded)
    for note in table.notes():
        say(note)
    return table


def write_answers(out: str, table: Unlabelled | None, batches, answers: Answers) -> None:
    """Write the table with its answers, or the lines as one, or what would be printed; whole or not at all."""
    kind, names = kind_of_table(out), ["text"]
    if table:
        names = table.table.names
        ranked = (ranked for _, batch in batches for ranked in batch)
    if not kind:
        pieces = (answer_line(ranked) for _, batch in batches for ranked in batch)
    else:
        added, note = added_names(answers.name, names or [], answers.top)
        if note:
            say(note)
        if table:
            pieces = with_answers(table, added, ranked, kind)
        else:
            pieces = written(names, added, _lines_with_answers(batches), kind, answers.name)
    with whole_file(out) as temporary, open(temporary, "w", encoding="utf-8", newline="") as stream:
        try:
            stream.writelines(pieces)
        except UnicodeEncodeError as error:
            problem = "a lone surrogate, which only JSON can hold, is in what is to be written; name it .jsonl"
            raise UserError(f"{out}: {problem}") from error


def _lines_with_answers(batches):
    for lines, batch in batches:
        for line, ranked in zip(lines, batch, strict=True):
            yield [line.removesuffix(b"\r").decode(errors=WINDOWS_1252)], ranked
