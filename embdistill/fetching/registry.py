"""The resources that `fetch` knows: where they are, under which licence, what comes out, what `train` takes.

Checksums are those that others have published, as the comment on each says; none of them could be tried against its
server when this was written. Those of the files of trec, sst, mr, semeval and banking77 are also those of the originals
that our tests read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from embdistill.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Download:
    """A file on a server.

    sha256: in hex; None where nobody has published it. size: in bytes; None where it is not known.
    members: what an archive is fetched for, by the names inside it, each with its SHA-256 or None.
    """

    url: str
    sha256: str | None = None
    size: int | None = None
    members: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return PurePosixPath(self.url).name

    def files(self) -> dict[str, str | None]:
        """The files that it is fetched for, by name, with their SHA-256: the members of an archive, or itself."""
        if self.members:
            return {PurePosixPath(member).name: sha256 for member, sha256 in self.members.items()}
        return {self.name: self.sha256}


@dataclass(frozen=True)
class Resource:
    """What one name stands for.

    licence: its name, or that there is none. page: where its makers say more. options: those that `train` takes for it;
    a value that is the name of one of its files stands for the path of that file. shared: the folder in which it is
    kept, if others come out of the same archive.
    """

    name: str
    what: str
    licence: str
    page: str
    downloads: tuple[Download, ...]
    options: Mapping[str, str]
    shared: str = ""

    @property
    def folder(self) -> str:
        """The name of the folder in which its files are kept."""
        return self.shared or self.name

    @property
    def size(self) -> int | None:
        """Bytes of all its downloads; None if one of them is not known."""
        sizes = [download.size for download in self.downloads]
        return None if None in sizes else sum(sizes)


NO_LICENCE = "none is known; cite"

# SHA-256 and sizes: dataset_infos.json of trec, sst, sem_eval_2010_task_8 and banking77 in huggingface/datasets, commit
# 040102f. There is none of the archive of mr at Cornell.
CORPORA = [
    Resource(
        "trec",
        "TREC questions, 6 classes of what is asked for; 5,452 and 500 to test on",
        f"{NO_LICENCE} Li & Roth, Learning Question Classifiers, COLING 2002",
        "https://cogcomp.seas.upenn.edu/Data/QA/QC/",
        (
            Download(
                "https://cogcomp.seas.upenn.edu/Data/QA/QC/train_5500.label",
                "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
                335_858,
            ),
            Download(
                "https://cogcomp.seas.upenn.edu/Data/QA/QC/TREC_10.label",
                "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
                23_354,
            ),
        ),
        {"data": "train_5500.label", "test": "TREC_10.label"},
    ),
    Resource(
        "sst",
        "Stanford Sentiment Treebank, 5 classes (2 with --format sst2); 8,544, 1,101 for dev, 2,210 to test on",
        f"{NO_LICENCE} Socher et al., Recursive Deep Models for Semantic Compositionality, EMNLP 2013",
        "https://nlp.stanford.edu/sentiment/",
        (
            Download(
                "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
                "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
                789_539,
                {
                    "trees/train.txt": "fa6c20baa1239e8a50dcfee2d0848825a4dbf72d4cbcf64d3a7a4272f0792564",
                    "trees/dev.txt": "0e9336aed6e4730e19f58d00a77b3f0297efdb755f7b5e598c98a05e3f97ea40",
                    "trees/test.txt": "6e54806dee95cf80cd918e7dfb3f6770f6df24bf826f289a4d1f709e1c8f6761",
                },
            ),
        ),
        {"data": "train.txt", "dev": "dev.txt", "test": "test.txt", "format": "sst5"},
    ),
    Resource(
        "mr",
        "sentences of movie reviews, positive or negative; 10,662, to be cross-validated",
        f"{NO_LICENCE} Pang & Lee, Seeing Stars, ACL 2005",
        "https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        (
            Download(
                "https://www.cs.cornell.edu/people/pabo/movie-review-data/rt-polaritydata.tar.gz",
                members={
                    "rt-polaritydata/rt-polarity.pos": (
                        "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0"
                    ),
                    "rt-polaritydata/rt-polarity.neg": (
                        "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca"
                    ),
                },
            ),
        ),
        {"data": "rt-polarity.pos", "folds": "10"},
    ),
    Resource(
        "semeval",
        "SemEval-2010 task 8, 10 relations between two nouns of a sentence; 8,000 and 2,717 to test on",
        "CC BY 3.0, https://creativecommons.org/licenses/by/3.0/",
        "https://aclanthology.org/S10-1006/",
        (
            Download(
                "https://github.com/JoelNiklaus/SemEval2010Task8/raw/main/SemEval2010_task8_all_data.zip",
                "3bfd3ed634d844c9f95d1e4a1bb042b1c6d498ed7b4182dcadecde9bb95a8e71",
                1_964_087,
                {
                    "SemEval2010_task8_all_data/SemEval2010_task8_training/TRAIN_FILE.TXT": (
                        "2feda6f8819463e495a14c3cd563f3fa33b576e97ca7b717e021362e02c1fdad"
                    ),
                    "SemEval2010_task8_all_data/SemEval2010_task8_testing_keys/TEST_FILE_FULL.TXT": (
                        "9ec7a35d5582b4da0fb72aa55a6121bc414ade573459e1dcf68bf189f8c18ae8"
                    ),
                },
            ),
        ),
        {"data": "TRAIN_FILE.TXT", "test": "TEST_FILE_FULL.TXT"},
    ),
    Resource(
        "banking77",
        "questions to a bank, 77 intents; 10,003 and 3,080 to test on",
        "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
        "https://github.com/PolyAI-LDN/task-specific-datasets",
        (
            Download(
                "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data/train.csv",
                "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
                839_073,
            ),
            Download(
                "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data/test.csv",
                "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
                239_961,
            ),
        ),
        {"data": "train.csv", "test": "test.csv", "label-column": "category"},
    ),
]


def _glove(dim: int) -> Resource:
    """GloVe of one dimension; all are in one archive. SHA-256: CHECKSUMS_GLOVE in torchtext/experimental/vectors.py."""
    return Resource(
        "glove.6B" if dim == 300 else f"glove.6B.{dim}d",
        f"GloVe, 400,000 English words x {dim}, of Wikipedia 2014 and Gigaword 5",
        "PDDL 1.0, https://opendatacommons.org/licenses/pddl/1-0/",
        "https://nlp.stanford.edu/projects/glove/",
        (
            Download(
                "https://nlp.stanford.edu/data/glove.6B.zip",
                "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
                862_182_613,
                {f"glove.6B.{dim}d.txt": None},
            ),
        ),
        {"vectors": f"glove.6B.{dim}d.txt"},
        shared="glove.6B",
    )


def _fasttext(language: str, form: str, size: int | None = None) -> Resource:
    """fastText of one language, as text (`vec`) or with subwords (`bin`). No checksums are published."""
    file = f"cc.{language}.300.{form}.gz"
    return Resource(
        f"fasttext-cc.{language}" + (".bin" if form == "bin" else ""),
        f"fastText of Common Crawl and Wikipedia, language {language}, 300 values a word"
        + (", with subwords" if form == "bin" else ""),
        "CC BY-SA 3.0, https://creativecommons.org/licenses/by-sa/3.0/",
        "https://fasttext.cc/docs/en/crawl-vectors.html",
        (Download(f"https://dl.fbaipublicfiles.com/fasttext/vectors-crawl/{file}", size=size),),
        {"vectors": file},
    )


VECTORS = [
    *map(_glove, (300, 200, 100, 50)),
    _fasttext("en", "vec", 1_325_960_915),
    _fasttext("en", "bin", 4_503_593_528),
]
RESOURCES = {resource.name: resource for resource in [*CORPORA, *VECTORS]}


def find(name: str) -> Resource:
    """The resource of a name; fastText in any language. UserError for a name that is not known."""
    if name in RESOURCES:
        return RESOURCES[name]
    if found := re.fullmatch(r"fasttext-cc\.([a-z]{2,3})(\.bin)?", name):
        return _fasttext(found[1], "bin" if found[2] else "vec")
    near = did_you_mean(name, RESOURCES) or "; `fetch` alone lists all"
    raise UserError(f"{name}: there is no such thing to fetch{near}")
