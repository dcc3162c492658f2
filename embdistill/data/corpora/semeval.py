"""SemEval-2010 task 8, relations between two marked entities (Hendrickx et al. 2010).

Blocks of four lines: `NUMBER TAB "sentence"`, relation, `Comment: ...`, blank. The text keeps its marks, <e1>...</e1>
and <e2>...</e2>; the label is NAME(e1,e2), NAME(e2,e1) or Other.
"""

import re
from collections.abc import Iterator
from itertools import islice

from embdistill.data.corpora.lines import Example, Lines
from embdistill.data.relations import tokenize_marked
from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import MarkError


def read(lines: Lines) -> Iterator[Example]:
    tokenizer, rest = Tokenizer(), lines.numbered()
    for number, line in rest:
        if not line.strip(" \t"):
            continue
        sentence = re.fullmatch(r'[0-9]+\t"(.*)"[ \t]*', line, re.DOTALL)
        if not sentence:
            raise lines.error(number, 'not a sentence of SemEval; write it as NUMBER, a tab and "sentence"')
        try:
            tokenize_marked(tokenizer, sentence[1])
        except MarkError as error:
            raise lines.error(number, str(error)) from error
        below = list(islice(rest, 2))
        if below and not re.fullmatch(r"Other|(?!Other\()[^\s()]+\((e1,e2|e2,e1)\)", below[0][1].rstrip(" \t")):
            problem = "not a relation; write NAME(e1,e2), NAME(e2,e1) or Other below the sentence"
            raise lines.error(below[0][0], problem)
        if len(below) < 2:
            raise lines.error(number, "the example that begins here is cut off; give the whole file")
        if not below[1][1].startswith("Comment:"):
            raise lines.error(below[1][0], "not a comment; write Comment: below the relation")
        yield lines.example(number, below[0][1].rstrip(" \t"), sentence[1])
