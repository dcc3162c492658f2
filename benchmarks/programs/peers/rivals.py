"""fastText, and TF-IDF with logistic regression."""

import ctypes
from contextlib import contextmanager


def fasttext_model(path, **settings):
    """A classifier trained on a file of `__label__x some words`."""
    import fasttext

    for _ in range(10):  # now and then it reads memory that nothing was written to, and says "Encountered NaN"
        try:
            return fasttext.train_supervised(path, verbose=0, **settings)
        except RuntimeError as error:
            failure = error
    raise failure


@contextmanager
def zeroed_memory():
    """In the block, malloc gives zeros, which takes time. Then fastText's package, which reads memory that nothing was
    written to, trains the same model each time."""
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(-6, 0xFF)  # M_PERTURB of glibc: the complement of the byte
    try:
        yield
    finally:
        mallopt(-6, 0)


def tfidf_model(texts, labels):
    """Of words alone or with pairs and C of 1, 10 and 100, this is the best on the dev part of SST-2, and within 0.6
    points of the best on that of TREC."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    return make_pipeline(vectorizer, LogisticRegression(C=10, max_iter=1000)).fit(texts, labels)
