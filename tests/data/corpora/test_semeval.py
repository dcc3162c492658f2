"""The reader of SemEval-2010 task 8."""

import re
from collections import Counter

import pytest

from conftest import RELATIONS
from embdistill.data.corpora import read_corpus
from embdistill.data.relations import tokenize_marked
from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import UserError

SENTENCE = '1\t"a <e1>b</e1> <e2>c</e2>"'
BLOCK = f"{SENTENCE}\nA-B(e1,e2)\nComment:\n\n"


@pytest.fixture
def read(write):
    return lambda content, format="semeval": read_corpus(write(content), format)


@pytest.fixture
def complaint(read, tmp_path):
    """What is said about a file that begins with a sound block of four lines: the message from the line number on."""

    def complaint(content):
        messages = []
        for end in ("\n", "\r\n"):
            with pytest.raises(UserError) as caught:
                read((BLOCK + content).replace("\n", end))
            assert type(caught.value) is UserError
            messages.append(str(caught.value).removeprefix(f"{tmp_path / 't.txt'}:"))
        assert messages[0] == messages[1] and len(messages[0].splitlines()) == 1
        return messages[0]

    return complaint


@pytest.mark.parametrize("auto", ["auto", "semeval"])
def test_blank_lines_belong_to_the_format(read, auto):
    corpus = read(" \n\r\n" + BLOCK + "\n\t\n" + BLOCK.rstrip("\n") + "\n" + BLOCK.replace("\n", "\r\n"), auto)
    assert corpus.format == "semeval" and corpus.notes == []
    text = "a <e1>b</e1> <e2>c</e2>"
    assert [(x.label, x.text, x.line) for x in corpus.examples] == [("A-B(e1,e2)", text, n) for n in (3, 9, 12)]


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n\r\n\r\n"])
def test_the_end_of_the_file_may_follow_a_comment(read, end):
    assert len(read(BLOCK + BLOCK.rstrip("\n") + end).examples) == 2


def test_quotes_and_spaces_of_a_sentence_are_kept(read):
    corpus = read('12\t" "a" <e1>b</e1>\t<e2>c</e2>\x85 " \t\nOther \nComment: x\ty\n')
    assert [(x.label, x.text) for x in corpus.examples] == [("Other", ' "a" <e1>b</e1>\t<e2>c</e2>\x85 ')]


def test_latin1(read):
    corpus = read(b'1\t"<e1>caf\xe9</e1> <e2>c</e2>"\nOther\nComment: \xe9\n\n')
    assert corpus.examples[0].text == "<e1>café</e1> <e2>c</e2>"
    assert corpus.counts == {"lines not all in UTF-8, the rest read as Windows-1252": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a b", "no <e1>; mark two entities"),
        ("<e1>a <e2>b</e2></e1>", "<e1>...</e1> and <e2>...</e2> overlap; "),
        ("<e1></e1> <e2>b</e2>", "no word between <e1> and its end; "),
    ],
)
def test_bad_marks_in_a_file(complaint, text, said):
    """What else may be wrong with marks stands in test_relations.py."""
    assert complaint(f'2\t"{text}"\nOther\nComment:\n\n').startswith(f"5: {said}")


NO_SENTENCES = ["a", '"a"', SENTENCE[2:], SENTENCE[:-1], f"{SENTENCE} x", f" {SENTENCE}", f"x{SENTENCE}", '1\t"']
NO_SENTENCES += ["Other", "Comment:", f"1 {SENTENCE[2:]}", f"\u0661{SENTENCE[1:]}", SENTENCE.replace('"', "'")]


@pytest.mark.parametrize("line", NO_SENTENCES)
def test_not_a_sentence(complaint, line):
    said = 'not a sentence of SemEval; write it as NUMBER, a tab and "sentence"'
    assert complaint(f"{line}\nOther\nComment:\n\n") == f"5: {said}"
    assert complaint(f"\n\n{line}\nOther\nComment:\n\n") == f"7: {said}"


NO_RELATIONS = ["", " ", "Comment:", SENTENCE, "A-B", "A-B()", "A-B(e1)", "A-B(e1,e1)", "A-B(e2,e2)", "A-B(e1, e2)"]
NO_RELATIONS += ["A-B(e1,e2", "A B(e1,e2)", "(e1,e2)", "A-B(e1,e2) x", " A-B(e1,e2)", "A(B)(e1,e2)"]
NO_RELATIONS += ["other", "Other.", "Other(e1,e2)", "_Other"]


@pytest.mark.parametrize("line", NO_RELATIONS)
def test_not_a_relation(complaint, line):
    said = "6: not a relation; write NAME(e1,e2), NAME(e2,e1) or Other below the sentence"
    assert complaint(f"{SENTENCE}\n{line}\nComment:\n\n{BLOCK}") == said
    assert complaint(f"{SENTENCE}\n{line}\n") == said  # also as the last line


def test_sentences_without_relations(read):
    """As in TEST_FILE.TXT."""
    with pytest.raises(UserError, match=r"t\.txt:2: not a relation; write NAME\(e1,e2\), NAME\(e2,e1\) or Other below"):
        read(f"{SENTENCE}\n{SENTENCE}\n{SENTENCE}\n", "auto")
    with pytest.raises(UserError, match=r"t\.txt:1: the example that begins here is cut off; give the whole file$"):
        read(f"{SENTENCE}\n", "auto")


@pytest.mark.parametrize("line", ["", SENTENCE, "Other", "comment:", "Comment", " Comment:"])
def test_not_a_comment(complaint, line):
    said = "7: not a comment; write Comment: below the relation"
    assert complaint(f"{SENTENCE}\nOther\n{line}\n\n") == said
    assert complaint(f"{SENTENCE}\nOther\n{line}\n{BLOCK}") == said


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("kept", [1, 2])
def test_a_file_that_is_cut_off(complaint, kept, end):
    cut = "\n".join(BLOCK.split("\n")[:kept]) + end
    assert complaint(cut) == "5: the example that begins here is cut off; give the whole file"


def test_wherever_a_file_is_cut_off_a_whole_block_is_read_or_an_error_is_raised(read):
    content = BLOCK + BLOCK
    for size in range(len(BLOCK) + 1, len(content)):
        if size < len(BLOCK) + BLOCK.index("Comment:") + len("Comment:"):
            with pytest.raises(UserError, match=r"t\.txt:[567]: "):
                read(content[:size])
        else:
            assert len(read(content[:size]).examples) == 2


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("TRAIN_FILE.TXT", [1003, 941, 540, 845, 716, 504, 690, 634, 717, 1410]),
        ("TEST_FILE_FULL.TXT", [328, 312, 192, 292, 258, 156, 233, 261, 231, 454]),
    ],
)
def test_semeval(name, published, data):
    """Published: TRAIN_TEST_DISTRIB.TXT of the task."""
    path = data / "semeval2010_task8" / name
    corpus = read_corpus(path)
    assert corpus.format == "semeval" and corpus.notes == []
    assert Counter(example.label.split("(")[0] for example in corpus.examples) == dict(
        zip([*RELATIONS, "Other"], published, strict=True)
    )
    directed = {f"{relation}({order})" for relation in RELATIONS for order in ("e1,e2", "e2,e1")}
    assert {example.label for example in corpus.examples} == {*directed, "Other"}
    lines = path.read_bytes().split(b"\r\n")
    assert [example.line for example in corpus.examples] == list(range(1, 4 * sum(published), 4))
    first = int(lines[0].split(b"\t")[0])
    for i, example in enumerate(corpus.examples):
        assert lines[4 * i].decode() == f'{first + i}\t"{example.text}"'
        assert lines[4 * i + 1].decode() == example.label
        tokens, span1, span2 = tokenize_marked(Tokenizer("whitespace"), example.text)
        for span, entity in ((span1, "e1"), (span2, "e2")):
            inside = re.search(f"<{entity}>(.*)</{entity}>", example.text)[1]
            assert " ".join(tokens[slice(*span)]) == " ".join(inside.lower().split())
        assert span1[1] <= span2[0]  # in these files e1 always stands before e2
