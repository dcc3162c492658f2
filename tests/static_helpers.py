"""Static models that the tests make, with model2vec itself."""

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

PIECES = "[PAD] [UNK] [CLS] [SEP] the lamp ##s ##shade music ' don t naive , 日 本 paris zero".split()
ASKED = ["lamps", "lamp", "lampshades", "don't", "Naïve", "日本", "don'🦄", "paris", "music", ","]
UNKNOWN = ["🦄", "[SEP]", "quartz"]


def wordpiece(pieces=PIECES):
    """As BERT's, which lower-cases, and puts [CLS] and [SEP] around a text."""
    tokenizer = Tokenizer(models.WordPiece({piece: id for id, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens([piece for piece in pieces if piece.startswith("[")])
    tokenizer.post_processor = TemplateProcessing("[CLS] $0 [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def wordlevel():
    tokenizer = Tokenizer(models.WordLevel({"the": 0, "lamp": 1, "unk": 2, "music": 3, ",": 4}, unk_token="unk"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def unigram():
    """As SentencePiece's: `▁` before a word."""
    pieces = ["<s>", "<unk>", "▁", "▁lamp", "s", "shade", "▁music", "▁don", "'", "t", "本", "lamp", "▁paris", ","]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0 - id / 10) for id, piece in enumerate(pieces)], unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def bytes_():
    """As GPT-2's: bytes, and a space before a word is part of it."""
    vocab = {piece: id for id, piece in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges = [("l", "a"), ("m", "p"), ("la", "mp"), ("Ġ", "lamp"), ("Ã", "¯")]
    vocab |= {"".join(merge): len(vocab) + i for i, merge in enumerate(merges)}
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


TOKENIZERS = {"wordpiece": wordpiece, "wordlevel": wordlevel, "unigram": unigram, "bytes": bytes_}


def values_of(tokenizer, dim=6, dtype=np.float32):
    """A row for each piece, that of `zero` of zeros; whole numbers, which every dtype holds."""
    values = np.random.default_rng(4).integers(-100, 101, (tokenizer.get_vocab_size(), dim)).astype(dtype)
    if tokenizer.token_to_id("zero") is not None:
        values[tokenizer.token_to_id("zero")] = 0
    return values


def saved(folder, tokenizer=None, **settings):
    """The model of model2vec with these settings, and the folder that it is saved in."""
    tokenizer = tokenizer or wordpiece()
    model = StaticModel(settings.pop("vectors", values_of(tokenizer)), tokenizer, **settings)
    model.save_pretrained(folder)
    return model, folder
