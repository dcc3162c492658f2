"""The verb `predict`, which starts in less time than NumPy: nothing heavy is imported for texts and an .edm file."""

from embdistill import load
from embdistill.cli.answers import Answers, answer_line

TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".xls")
PACKED = (".gz", ".bz2", ".xz")


def predict(
    model,
    *,
    input: str = "-",
    out: str | None = None,
    top: int | None = None,
    text_column: str | None = None,
    delimiter: str | None = None,
    header: str = "true",
    json: bool = False,
):
    """Print label TAB probability for each text: each line of a text file or a stream, each row of a table.

    Args:
        model: a run or .edm file.
        input: texts, a line each, or a table: a file named .csv, .tsv, .jsonl, .json, .parquet or .xlsx, or any with
            --text-column, --delimiter or --header; - is standard input.
        out: file for the answers; named .csv, .tsv, .jsonl or .json, it is the input with the columns `label` and
            `probability` added, or `predicted_label` and `predicted_probability` where those are there already.
        top: how many labels a text gets, each with its probability, the most probable first; 1 by default.
        text_column: the column (or JSON key) of the texts in a table, by name or by position from 1; text by default.
        delimiter: what separates the fields of a table: a character, or tab; the header tells it by default.
        header: false for a table whose first row is a text, not the names of its columns.
        json: print one JSON object instead, with the probability of every class, or of the top ones.
    """
    if json:
        from embdistill.cli.printing import print_json, print_json_list
    loaded = load(model)
    if out:
        from embdistill.cli.answer_file import check_out, write_answers

        check_out(out, [model, input])
    table = table_of(loaded, input, text_column, delimiter, header)
    classes = len(loaded.labels)
    answers = Answers(loaded, min(top or (classes if json and not out else 1), classes), input)
    batches = answers.of_table(table) if table else answers.of_lines()
    if out:
        write_answers(out, table, batches, answers)
        if json:
            print_json({"out": out, "texts": answers.texts, "without_known_word": answers.unknown})
    elif json:
        order = None if top else loaded.labels
        print_json_list("predictions", ([_record(ranked, order) for ranked in batch] for _, batch in batches))
    else:
        for _, batch in batches:
            print(*map(answer_line, batch), sep="", end="", flush=True)
    answers.say_unknown()


def table_of(model, input: str, text_column: str | None, delimiter: str | None, header: str):
    """The table (data.corpora.unlabelled) that an input is by its name or by these options; None if it has lines."""
    if not (text_column or delimiter or header != "true" or _is_named_as_table(input)):
        return None
    from embdistill.cli.answer_file import read_table
    from embdistill.data.corpora.layout import Layout

    recorded = Layout(**model.about.get("layout", {}))  # of the training texts
    return read_table(input, text_column, delimiter, header, recorded)


def plain_arguments(words: list[str]) -> dict | None:
    """The arguments of `MODEL [--input FILE] [--json]` in any order; None for other words, which Fire reads."""
    arguments, following = {}, iter(words)
    for word in following:
        match word.partition("="):
            case "--json", "", _:
                name, value = "json", True
            case "--input", "=", value:
                name = "input"
            case "--input", _, _:
                name, value = "input", next(following, "--")
            case _:
                name, value = "model", word
        if name in arguments or (value is not True and value.startswith("-") and value != "-"):
            return None
        arguments[name] = value
    return arguments if "model" in arguments else None


def _is_named_as_table(input):
    name = input.lower()
    if name.endswith(".zip"):
        from embdistill.data.corpora.recognition import unpacked_name

        name = unpacked_name(input).lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    return name.endswith(TABLES)


def _record(ranked, order):
    """The answer to a text as JSON; probabilities in the order of these labels, or the most probable first."""
    probabilities = dict(ranked)
    if order:
        probabilities = {label: probabilities[label] for label in order}
    return {"label": ranked[0][0], "probabilities": probabilities}
