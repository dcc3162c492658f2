"""Files that are no word vectors, told by their first bytes, and what to do about each.

Packed files and archives are named where they would be unpacked (data/unpack.py).
"""

import re

from embdistill.errors import UserError

AS_TEXT = "write its vectors as text, a word and its values a line"
SAVED_AGAIN = "save it as text with `save_word2vec_format`"
NOT_FETCHED = "the download went wrong; fetch the file itself"

KINDS = {  # by how they begin: what they are, and what to do
    b"\x93NUMPY": ("a NumPy array (.npy), which has no words", AS_TEXT),
    b"version https://git-lfs": ("a git-lfs pointer, not the file it stands for", "fetch that with `git lfs pull`"),
    b"PAR1": ("a Parquet file", AS_TEXT),
    b"ARROW1": ("an Arrow file", AS_TEXT),
    b"FEA1": ("a Feather file", AS_TEXT),
    b"SQLite format 3\0": ("an SQLite database, such as Magnitude's", AS_TEXT),
    b"GGUF": ("a GGUF model", "give word vectors, such as GloVe or fastText"),
    b"FiFu": ("a finalfusion file", AS_TEXT),
    b"\x89EDM\r\n": ("a model of embdistill (.edm), not word vectors", "give the vectors that it was trained from"),
    b"%PDF": ("a PDF file", "give the vectors themselves"),
    b"\x89PNG": ("an image", "give the vectors themselves"),
    b"\xff\xd8\xff": ("an image", "give the vectors themselves"),
    b"GIF8": ("an image", "give the vectors themselves"),
    b"\xd0\xcf\x11\xe0": ("an old Office file", AS_TEXT),
    b"{\\rtf": ("an RTF document", "save it as plain text"),
    b"\x7fELF": ("a program", "give the vectors themselves"),
    b"MZ\x90": ("a program", "give the vectors themselves"),
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.": ("a PyTorch file", AS_TEXT),
}
PICKLE = re.compile(rb"\x80[\x02-\x05]")
SAFETENSORS = re.compile(rb"[\s\S]{5}\0\0\0\{")  # the length of the JSON that follows, in eight bytes
WEB_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body|\?xml|!--|error)", re.IGNORECASE)
ONNX = re.compile(rb"\x08[\x03-\x20]\x12")  # the version of the format, then the program that wrote it
TFLITE = re.compile(rb"[\s\S]{4}TFL3")
JSON = re.compile(rb"\s*(\{\s*\"|\{\s*\}|\[\s*[\[\{\"\d-])")
UTF16 = re.compile(rb"([^\0]\0){16}|(\0[^\0]){16}")

CONTROL = bytes({*range(32)} - {*b"\t\n\v\f\r"})


def refuse_other_kinds(path: str, head: bytes) -> None:
    """UserError if a file begins as one of a known kind does that is not read as vectors."""
    named = _kind(head)
    if named:
        kind, what_to_do = named
        raise UserError(f"{path}: {kind}; {what_to_do}")


def _kind(head):
    for start, named in KINDS.items():
        if head.startswith(start):
            return named
    if PICKLE.match(head):
        if b"gensim" in head[:1024]:
            return "gensim's own format, a pickle", f"load it with gensim and {SAVED_AGAIN}"
        return "a pickle file, which may run anything when it is loaded", f"load it where it was made and {AS_TEXT}"
    if SAFETENSORS.match(head):
        return "a safetensors file, packed or through a pipe", "give it as it is, with its tokenizer.json beside it"
    if WEB_PAGE.match(head):
        return "a web page, not word vectors", NOT_FETCHED
    if ONNX.match(head):
        return "an ONNX model", "give the word vectors"
    if TFLITE.match(head):
        return "a TensorFlow Lite model", "give the word vectors"
    if JSON.match(head):
        return "JSON, not word vectors", AS_TEXT
    if UTF16.match(head):
        return "UTF-16 without its mark, it seems", "convert it with `iconv -f UTF-16LE -t UTF-8`"
    return None


def is_binary(content: bytes) -> bool:
    """Whether bytes are no text: control characters, which words hardly ever have, and float32 values always."""
    control = len(content) - len(content.translate(None, CONTROL))
    return control * 100 > len(content)
