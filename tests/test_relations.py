"""Marked entities, the reader of SemEval-2010 task 8, and its score."""

import re
from collections import Counter

import numpy as np
import pytest

import naive
from embdistill.data.corpora import read_corpus
from embdistill.data.relations import MarkError, positions, tokenize_marked, tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import UserError
from embdistill.model.metrics import confusion, macro_f1, per_class, relation_f1

# ---- marks ----

MARKED = [  # text, tokens, span of e1, span of e2
    ("a <e1>b</e1> c <e2>d</e2> e", "a b c d e", (1, 2), (3, 4)),
    ("<e1>A b</e1><e2>c</e2>", "a b c", (0, 2), (2, 3)),
    ("<e2>a</e2> b <e1>c d e</e1>", "a b c d e", (2, 5), (0, 1)),
    ("x<e1>y</e1>z <e2>v</e2>", "x y z v", (1, 2), (3, 4)),  # a mark ends a token
    ("the <e1>dog</e1>'s <e2>tail</e2>.", "the dog 's tail .", (1, 2), (3, 4)),
    ("a <b> <E1> </e3> <e1>c</e1> <e2>d</e2>", "a < b > < e1 > < / e3 > c d", (11, 12), (12, 13)),
    ("\t<e1> a </e1>\u2028<e2>\x00b</e2> ", "a b", (0, 1), (1, 2)),
    ("<e1>é</e1> 水 <e2>💡</e2>", "é 水 💡", (0, 1), (2, 3)),
]


@pytest.mark.parametrize(("text", "tokens", "span1", "span2"), MARKED)
def test_marked(text, tokens, span1, span2):
    assert tokenize_marked(Tokenizer(), text) == (tokens.split(), span1, span2)
    assert tokenize_marked(Tokenizer(), text.encode()) == (tokens.split(), span1, span2)


def test_the_tokenizer_that_is_given_is_used():
    text = "A <e1>B's</e1> <e2>c.</e2>"
    assert tokenize_marked(Tokenizer("whitespace", False), text) == (["A", "B's", "c."], (1, 2), (2, 3))


def test_bytes_that_are_not_utf8_are_latin1():
    assert tokenize_marked(Tokenizer(), b"\xe9<e1>\xc3</e1>\xa9 <e2>b</e2>")[0] == ["é", "ã", "©", "b"]


BAD_MARKS = [  # text, what is said of it
    ("", "no <e1>; mark two entities, as <e1>...</e1> and <e2>...</e2>, once each"),
    ("a b", "no <e1>; .*"),
    ("a</e1> <e2>b</e2>", "no <e1>; .*"),
    ("<e1>a <e2>b</e2>", "no </e1>; .*"),
    ("<e1>a</e1> b", "no <e2>; .*"),
    ("<e1>a</e1> <e2>b", "no </e2>; .*"),
    ("<E1>a</E1> <e2>b</e2>", "no <e1>; .*"),
    ("<e1>a</e1> <e2>b</e2> <e1>c</e1>", "more than one <e1>; mark two entities, .*, once each"),
    ("<e1>a</e1> </e1> <e2>b</e2>", "more than one </e1>; .*"),
    ("<e1>a</e1> <e2>b</e2> <e2>c</e2>", "more than one <e2>; .*"),
    ("<e1>a</e1> <e2>b</e2></e2>", "more than one </e2>; .*"),
    ("</e1>a<e1> <e2>b</e2>", "</e1> stands before <e1>; swap them"),
    ("<e1>a</e1> </e2>b<e2>", "</e2> stands before <e2>; swap them"),
    ("</e1> <e2>b</e2> <e1>", "</e1> stands before <e1>; swap them"),
    ("<e1>a <e2>b</e2></e1>", "<e1>...</e1> and <e2>...</e2> overlap; mark two entities that stand apart"),
    ("<e2>a <e1>b</e1> c</e2>", "<e1>...</e1> and <e2>...</e2> overlap; .*"),
    ("<e1>a <e2>b</e1> c</e2>", "<e1>...</e1> and <e2>...</e2> overlap; .*"),
    ("<e1></e1> <e2>b</e2>", "no word between <e1> and its end; put <e1> and </e1> around the entity"),
    ("<e1>a</e1> <e2> \u200b\t</e2>", "no word between <e2> and its end; put <e2> and </e2> around the entity"),
]


def _pattern(said):
    return re.escape(said).replace(r"\.\*", ".*")


@pytest.mark.parametrize(("text", "said"), BAD_MARKS)
def test_bad_marks(text, said):
    for form in (text, text.encode()):
        with pytest.raises(MarkError) as caught:
            tokenize_marked(Tokenizer(), form)
        assert isinstance(caught.value, ValueError)
        assert re.fullmatch(_pattern(said), str(caught.value))


# ---- distances ----


def test_distances_of_zengs_example():
    """Zeng et al. 2014, section 3.4: `moving` is 3 from `people` and -3 from `downtown`."""
    tokens, *spans = tokenize_marked(Tokenizer(), "<e1>People</e1> have been moving back into <e2>downtown</e2>")
    assert positions(len(tokens), *spans)[tokens.index("moving")].tolist() == [3, -3]


def test_distances():
    found = positions(6, (3, 5), (0, 1))
    assert found.dtype == np.int32
    assert found.T.tolist() == [[-3, -2, -1, 0, 0, 1], [0, 1, 2, 3, 4, 5]]


def test_distances_are_those_from_the_nearest_word_of_the_entity(rng):
    for _ in range(100):
        length = int(rng.integers(2, 30))
        cuts = np.sort(rng.choice(length + 1, 4)).tolist()
        spans = [(cuts[0], max(cuts[1], cuts[0] + 1)), (cuts[2], max(cuts[3], cuts[2] + 1))]
        if rng.random() < 0.5:
            spans.reverse()
        found = positions(length, *spans)
        assert found.shape == (length, 2)
        np.testing.assert_array_equal(found, naive.positions(length, *spans))


def test_relations_of_several_texts():
    texts = ["a <e1>b</e1> <e2>c</e2>", b"<e2>d</e2> <e1>e f</e1>"]
    tokens, measured = tokenize_relations(Tokenizer(), iter(texts))
    assert tokens == [["a", "b", "c"], ["d", "e", "f"]]
    assert measured.dtype == np.int32
    assert measured.tolist() == [[-1, -2], [0, -1], [1, 0], [-1, 0], [0, 1], [0, 2]]
    tokens, measured = tokenize_relations(Tokenizer(), [])
    assert tokens == [] and measured.shape == (0, 2) and measured.dtype == np.int32
    with pytest.raises(MarkError):
        tokenize_relations(Tokenizer(), [*texts, "a"])


# ---- the reader ----

SENTENCE = '1\t"a <e1>b</e1> <e2>c</e2>"'
BLOCK = f"{SENTENCE}\nA-B(e1,e2)\nComment:\n\n"


@pytest.fixture
def read(tmp_path):
    def read(content, format="semeval"):
        path = tmp_path / "t.txt"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_corpus(path, format)

    return read


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
    assert corpus.counts == {"lines not all in UTF-8, the rest read as Latin-1": 2}


@pytest.mark.parametrize(("text", "said"), BAD_MARKS)
def test_bad_marks_in_a_file(complaint, text, said):
    assert re.fullmatch(f"5: {_pattern(said)}", complaint(f'2\t"{text}"\nOther\nComment:\n\n'))


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


# ---- the score ----

RELATIONS = ["Cause-Effect", "Component-Whole", "Content-Container", "Entity-Destination", "Entity-Origin"]
RELATIONS += ["Instrument-Agency", "Member-Collection", "Message-Topic", "Product-Producer"]
NAMES = sorted([f"{relation}({order})" for relation in RELATIONS for order in ("e1,e2", "e2,e1")] + ["Other"])


def test_confusion():
    found = confusion(np.array([0, 2, 2, 1, 2], np.int32), np.array([0, 2, 1, 1, 1]), 4)
    assert found.dtype == np.int64
    assert found.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 0]]
    empty = np.zeros(0, np.int32)
    assert confusion(empty, empty, 2).tolist() == [[0, 0], [0, 0]]


def test_per_class():
    """Class 1 is never predicted, class 2 has no gold example, class 3 neither."""
    found = per_class(np.array([[3, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    zero = {"precision": 0, "recall": 0, "f1": 0}
    assert found == [
        {"precision": pytest.approx(60), "recall": pytest.approx(75), "f1": pytest.approx(200 / 3), "support": 4},
        {**zero, "support": 2},
        {**zero, "support": 0},
        {**zero, "support": 0},
    ]
    assert {type(value) for scores in found for value in scores.values()} == {int, float}


def test_scores_agree(rng):
    """Over all classes, recall weighted by support is accuracy, and the mean F1 macro_f1."""
    labels, predicted = rng.integers(0, 5, (2, 300))
    scores = per_class(confusion(labels, predicted, 5))
    right = sum(score["recall"] * score["support"] for score in scores)
    assert right / 300 == pytest.approx(100 * np.mean(labels == predicted))
    assert np.mean([score["f1"] for score in scores]) == pytest.approx(macro_f1(labels, predicted, 5))


def _named(names, rows):
    """names: of the classes of a printed matrix; as a confusion matrix of all NAMES."""
    found = np.zeros((len(NAMES), len(NAMES)), np.int64)
    places = [NAMES.index(name) for name in names]
    found[np.ix_(places, places)] = rows
    return found


def test_relation_f1_of_the_scorers_first_sample():
    """result_scores1.txt beside SemEval's scorer 1.2: 64.09, and 54.49 were a direction a relation of its own.

    The matrix of all directions as printed there; the last column has the skipped examples too, which count as Other.
    """
    names = "C-E1 C-E2 C-W1 C-W2 C-C1 E-D1 E-O1 I-A2 M-C1 M-C2 M-T1 M-T2 P-P1 P-P2".split()
    full = {f"{relation[0]}-{relation.split('-')[1][0]}": relation for relation in RELATIONS}
    names = [f"{full[name[:3]]}({'e1,e2' if name[3] == '1' else 'e2,e1'})" for name in names] + ["Other"]
    rows = [
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 + 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 4 + 1],
    ]
    assert round(relation_f1(names, np.array(rows)), 2) == 64.09
    assert round(relation_f1(NAMES, _named(names, rows)), 2) == 64.09  # with four classes that do not occur
    assert np.mean([score["f1"] for score in per_class(np.array(rows))[:-1]]) == pytest.approx(54.49, abs=0.005)


def test_relation_f1_of_the_scorers_other_samples():
    """result_scores3.txt and result_scores5.txt beside SemEval's scorer 1.2, with their skipped examples as Other.

    In the first, Message-Topic has no gold example; there are six relations to average over, not seven. In the second
    Other has none.
    """
    names = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Component-Whole(e2,e1)", "Content-Container(e1,e2)"]
    names += ["Entity-Destination(e1,e2)", "Instrument-Agency(e2,e1)", "Member-Collection(e1,e2)"]
    names += ["Message-Topic(e1,e2)", "Other"]
    rows = [
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 1, 1],
    ]
    assert round(relation_f1(names, np.array(rows)), 2) == 11.11
    rows = [[1, 1, 1], [0, 1, 2], [0, 0, 0]]
    assert round(relation_f1([*names[:2], "Other"], np.array(rows)), 2) == 44.44


def test_relation_f1_of_a_published_run():
    """README of github.com/unik00/textCNN-pytorch: the scorer's output for predictions of the test file, 79.05.

    Rows: gold relation; columns: predicted relation, or Other, or (last) the right relation in the wrong direction. To
    which of the two directions a mistake belongs is not printed, and does not count.
    """
    rows = [
        [296, 0, 0, 0, 9, 1, 0, 1, 2, 15, 4],
        [2, 209, 5, 3, 1, 9, 13, 5, 2, 32, 31],
        [0, 4, 160, 10, 2, 0, 0, 1, 0, 11, 4],
        [0, 2, 10, 260, 0, 0, 0, 2, 1, 16, 1],
        [2, 1, 0, 12, 221, 1, 0, 1, 3, 16, 1],
        [0, 4, 1, 2, 2, 101, 1, 3, 9, 31, 2],
        [0, 6, 0, 0, 2, 3, 195, 4, 2, 20, 1],
        [1, 2, 0, 2, 0, 0, 3, 228, 3, 19, 3],
        [4, 4, 2, 1, 9, 10, 0, 5, 167, 24, 5],
        [20, 25, 25, 25, 32, 20, 39, 39, 26, 203, 0],
    ]
    rng = np.random.default_rng(0)
    found = np.zeros((19, 19), np.int64)
    for r, row in enumerate(rows):
        for c, count in enumerate(row):
            for _ in range(count):
                gold = p = 18 if r == 9 else 2 * r + int(rng.integers(2))
                if c == 10:
                    p = gold ^ 1
                elif c != r:
                    p = 18 if c == 9 else 2 * c + int(rng.integers(2))
                found[gold, p] += 1
    names = [f"{relation}({order})" for relation in RELATIONS for order in ("e1,e2", "e2,e1")] + ["Other"]
    assert found.sum() == 2717 and found.trace() == 2040
    assert round(relation_f1(names, found), 2) == 79.05


@pytest.mark.parametrize("seed", range(20))
def test_relation_f1(seed):
    rng = np.random.default_rng(seed)
    names = [str(name) for name in rng.permutation(NAMES)[: rng.integers(1, 20)]]
    counts = rng.integers(0, 4, (len(names), len(names))) * (rng.random((len(names), len(names))) < 0.5)
    counts[rng.random(len(names)) < 0.3] = 0  # classes without gold examples
    assert relation_f1(names, counts) == pytest.approx(naive.relation_f1(names, counts))


def test_relation_f1_at_its_ends():
    names = ["A-B(e1,e2)", "A-B(e2,e1)", "Other"]
    assert relation_f1(names, np.diag([3, 2, 4])) == 100
    assert relation_f1(names, np.diag([3, 2, 4])[[1, 0, 2]]) == 0  # all directions wrong
    assert relation_f1(names, np.array([[0, 0, 3], [0, 0, 2], [0, 0, 4]])) == 0
    assert relation_f1(names, np.array([[0, 0, 0], [0, 0, 0], [1, 0, 4]])) == 0  # no relation among the gold labels


# ---- the real files ----


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
    assert {example.label for example in corpus.examples} == set(NAMES)
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
