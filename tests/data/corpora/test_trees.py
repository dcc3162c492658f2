import re

import pytest

from corpus_helpers import complaint, lines_of, rows
from embdistill.data.corpora import read_corpus
from embdistill.data.corpora.trees import SENTIMENTS


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ("(2 a)", "a"),
        ("(2(1 a)(3 b))", "a b"),
        (" ( 2 ( 1 a )\t( 3 b ) ) ", "a b"),
        ("(2 (2 -LRB-) (2 (2 a) (2 -RRB-)))", "( a )"),
        ("(2 (2 -LSB-) (2 (2 -RSB-) (2 (2 -LCB-) (2 -RCB-))))", "[ ] { }"),
        (r"(2 (2 1\/2) (2 \*))", "1/2 *"),
        ("(2 (2 3) (2 -lrb-))", "3 -lrb-"),
        ("(2 (2 naïve) (2 ``))", "naïve ``"),
    ],
)
def test_trees(tree, text, write):
    assert rows(read_corpus(write(tree), "sst5")) == [("neutral", text, 1)]


def test_the_labels_of_trees(write):
    trees = "".join(f"({label} a)\n" for label in range(5))
    five = ["very negative", "negative", "neutral", "positive", "very positive"]
    assert list(SENTIMENTS) == five
    assert [example.label for example in read_corpus(write(trees), "sst5").examples] == five
    corpus = read_corpus(write(trees), "sst2")
    assert rows(corpus) == [("negative", "a", 1), ("negative", "a", 2), ("positive", "a", 4), ("positive", "a", 5)]
    assert corpus.notes == [f"{corpus.path}: neutral examples left out: 1"]


def test_phrases_are_all_nodes_children_first(write):
    path = write("(4 (1 (2 not) (0 bad)) (3 (2 at) (2 all)))\n\n(2 ok)\n")
    assert rows(read_corpus(path, "sst5-phrases")) == [
        ("neutral", "not", 1),
        ("very negative", "bad", 1),
        ("negative", "not bad", 1),
        ("neutral", "at", 1),
        ("neutral", "all", 1),
        ("positive", "at all", 1),
        ("very positive", "not bad at all", 1),
        ("neutral", "ok", 3),
    ]
    corpus = read_corpus(path, "sst2-phrases")
    assert rows(corpus) == [
        ("negative", "bad", 1),
        ("negative", "not bad", 1),
        ("positive", "at all", 1),
        ("positive", "not bad at all", 1),
    ]
    assert corpus.counts == {"neutral examples left out": 4, "blank lines left out": 1}


def test_deep_trees(write):
    depth = 20_000
    path = write("(3 " * depth + "a" + ")" * depth)
    assert rows(read_corpus(path, "sst5")) == [("positive", "a", 1)]
    corpus = read_corpus(path, "sst5-phrases")
    assert rows(corpus) == [("positive", "a", 1)]
    assert corpus.counts == {"repeated phrases left out": depth - 1}


def test_neutral_trees_alone(write):
    assert complaint(write("(2 a)\n"), "sst2").startswith(": no examples in it; give a file")


TREE_FORMATS = ["sst5", "sst2", "sst5-phrases", "sst2-phrases"]


@pytest.mark.parametrize("format", TREE_FORMATS)
@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ("(3 (2 a) (4 b)", r"a bracket of the tree is not closed; the line may be cut off"),
        ("(3", r"a bracket of the tree is not closed; .*"),
        ("(", r"a bracket of the tree is not closed; .*"),
        ("(3 a) b", r"text after the closing bracket of the tree; put one tree on a line"),
        ("(3 a) (2 b)", r"text after the closing bracket of the tree; .*"),
        ("(3 a))", r"text after the closing bracket of the tree; .*"),
        ("(5 a)", r"label '5' is not one of 0 to 4; fix it"),
        ("(-1 a)", r"label '-1' is not one of 0 to 4; fix it"),
        ("(3 (x a) (2 b))", r"label 'x' is not one of 0 to 4; fix it"),
        ("(03 a)", r"label '03' is not one of 0 to 4; fix it"),
        ("(３ a)", r"label '３' is not one of 0 to 4; fix it"),
        ("()", r"a node of the tree has no label or no word; write \(label word\)"),
        ("(3 )", r"a node of the tree has no label or no word; .*"),
        ("(3 (2 a) ())", r"a node of the tree has no label or no word; .*"),
        ("(3 (2 a) (2 ))", r"a node of the tree has no label or no word; .*"),
        ("((2 a) (2 b))", r"a node of the tree has no label or no word; .*"),
        ("a (3 b)", r"not a tree; begin the line with \("),
        (")", r"not a tree; begin the line with \("),
        ("plain text", r"not a tree; begin the line with \("),
    ],
)
def test_bad_trees(tree, problem, format, write):
    assert re.fullmatch(f":3: {problem}", complaint(write(f"(2 a)\n\n{tree}\n(2 a)\n"), format))


@pytest.mark.parametrize(("part", "five", "two"), [("train", 8544, 6920), ("dev", 1101, 872), ("test", 2210, 1821)])
def test_sst(part, five, two, data):
    path = data / f"sst/{part}.txt"
    corpus = read_corpus(path)
    assert corpus.format == "sst5" and len(corpus.examples) == five and corpus.counts == {}
    assert {example.label for example in corpus.examples} == set(SENTIMENTS)
    lines = lines_of(path)
    assert [example.line for example in corpus.examples] == list(range(1, five + 1))
    for example, line in zip(corpus.examples, lines, strict=True):
        leaves = " ".join(re.findall(r" ([^ ()]+)\)", line.decode()))
        for escaped, plain in (("-LRB-", "("), ("-RRB-", ")"), (r"\/", "/"), (r"\*", "*")):
            leaves = leaves.replace(escaped, plain)
        assert example.text.split() == leaves.split()
        assert example.label == SENTIMENTS[int(line[1:2])]

    corpus2 = read_corpus(path, "sst2")
    assert len(corpus2.examples) == two and corpus2.counts == {"neutral examples left out": five - two}
    assert corpus2.examples == [
        example._replace(label=example.label.removeprefix("very "))
        for example in corpus.examples
        if example.label != "neutral"
    ]


@pytest.mark.parametrize(("part", "five", "once"), [("train", 318582, 159274), ("dev", 41447, 24772)])
def test_sst_phrases(part, five, once, data):
    path = data / f"sst/{part}.txt"
    corpus = read_corpus(path, "sst5-phrases")
    assert path.read_bytes().count(b"(") == five
    assert len(corpus.examples) == once and corpus.counts == {"repeated phrases left out": five - once}
    phrases = [(example.label, example.text) for example in corpus.examples]
    assert len(set(phrases)) == once
    assert {(example.label, example.text) for example in read_corpus(path, "sst5").examples} <= set(phrases)
    lines = [example.line for example in corpus.examples]
    assert lines == sorted(lines)

    corpus2 = read_corpus(path, "sst2-phrases")
    polar = [(label.removeprefix("very "), text) for label, text in phrases if label != "neutral"]
    assert [(example.label, example.text) for example in corpus2.examples] == list(dict.fromkeys(polar))
    assert sum(corpus2.counts.values()) == five - len(corpus2.examples)
