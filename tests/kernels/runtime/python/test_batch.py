"""Batches of texts from Python: the answers of one text at a time, in any number of threads."""

import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import HARD, NETWORKS, WORDS, made_for, random_model


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_a_batch_gives_the_answers_of_its_texts(pair, threads):
    model, edm = pair
    texts = made_for(model, HARD * 5)  # several chunks for each thread
    alone = np.concatenate([edm.predict_logits([text]) for text in texts])
    assert edm.predict_logits(texts, threads=threads).tobytes() == alone.tobytes()
    assert edm.predict(texts, threads=threads) == [edm.classify(text)[0] for text in texts]
    probabilities = edm.predict_proba(texts, threads)
    assert probabilities.dtype == np.float32 and probabilities.shape == (len(texts), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert [edm.classify(text)[1] for text in texts] == probabilities.max(axis=1).tolist()


def test_no_texts(pair):
    _, edm = pair
    assert edm.predict([]) == [] and edm.predict([], threads=3) == []
    assert edm.predict_proba([]).shape == edm.predict_logits([]).shape == (0, 3)


def test_one_model_in_many_python_threads(pair):
    model, edm = pair
    texts = made_for(model, [*HARD, *(" ".join(WORDS[: i % 20]) for i in range(40))])
    expected = [edm.classify(text) for text in texts]
    wrong = []

    def ask(start):
        for _ in range(5):
            for i in range(start, start + len(texts)):
                if edm.classify(texts[i % len(texts)]) != expected[i % len(texts)]:
                    wrong.append(i)
            if edm.predict(texts, threads=2) != [label for label, _ in expected]:
                wrong.append(-1)

    threads = [threading.Thread(target=ask, args=(7 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("method", ["predict", "classify"])
def test_other_python_threads_go_on_meanwhile(method):
    edm = EdmModel(edm_bytes(random_model(replace(NETWORKS["lstm"], units=64)), "float32"))
    text = "turn the lamp " * 20_000
    turns, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            turns[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    while not turns[0]:
        time.sleep(0)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # nobody has to give way to another; they may only let go
    try:
        before = turns[0]
        edm.predict([text]) if method == "predict" else edm.classify(text)
        after = turns[0]
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert after > before + 10
