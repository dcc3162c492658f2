"""Labels of 20,000 raw texts in one call: our .edm models, fastText .ftz, TF-IDF, and our networks in onnxruntime.

The texts are the test part, again and again. fastText gets tokens, and onnxruntime the numbers of words, in padded
batches of texts of nearly equal length; that both are made is not timed.
"""

from itertools import product

from contest import THREADS
from data import OURS, examples, fasttext_file, quietly, spaced, train

TEXTS, BATCH = 20_000, 100
WITHIN = 0.5  # points of accuracy that ours may be below fastText's, and away from onnxruntime's
GRID = list(product((5, 10, 25), (0.1, 0.25, 0.5, 1.0)))  # fastText: epochs, learning rate; chosen on dev
NETWORKS = ("mean", "cnn", "lstm")
KINDS = {"float32": ("float32", 0), "int8": ("int8", 0), "float32, 10,000 words folded": ("float32", 10_000)}
FASTTEXT, TFIDF = "fastText .ftz", "TF-IDF, logistic regression"


def onnx_name(name):
    """Of the same network on as many threads, if it is a network of ours."""
    return f"onnxruntime {name.split()[0]}, threads {name.split()[-1]}" if name.split()[0] in NETWORKS else None


RATIOS = {
    "times as fast as fastText .ftz": lambda name: FASTTEXT,
    "times as fast as TF-IDF": lambda name: TFIDF,
    "times as fast as onnxruntime, same network and threads": onnx_name,
}
FACTS = {"test accuracy": ("accuracy", "{:.1f} %")}


def races(folder):
    for corpus in ("TREC", "SST-2"):
        contestants = {}
        for network in NETWORKS:
            run = f"{folder}/{corpus}-{network}.h5"
            quietly(train(corpus, network, run))
            for out, options in (("float32.edm", []), ("int8.edm", ["--dtype", "int8"]), ("onnx", [])):
                kind = out.split(".")[-1]
                quietly([*OURS, "export", run, "--to", kind, "--out", f"{run}.{out}", *options])
            for (kind, (dtype, fold)), threads in product(KINDS.items(), (1, THREADS)):
                if not (fold and network == "lstm"):
                    given = {"file": f"{run}.{dtype}.edm", "fold": fold, "threads": threads}
                    contestants[f"{network} {kind}, threads {threads}"] = ("ours", {"corpus": corpus, **given})
            for threads in (1, THREADS):
                given = {"corpus": corpus, "run": run, "threads": threads}
                contestants[onnx_name(f"{network} {threads}")] = ("onnx", given)
                contestants[f"onnxruntime {network} int8, threads {threads}"] = ("onnx_int8", given)
        contestants[FASTTEXT] = ("fasttext", {"corpus": corpus, "folder": folder})
        contestants[TFIDF] = ("tfidf", {"corpus": corpus})
        yield {"corpus": corpus}, contestants


def check(facts):
    reached = {name: found["accuracy"] for name, found in facts.items()}
    for name, other in ((name, onnx_name(name)) for name in reached if onnx_name(name)):
        assert reached[name] >= reached[FASTTEXT] - WITHIN, f"{name}: less accurate than fastText: {reached}"
        assert abs(reached[name] - reached[other]) <= WITHIN, f"{name}: not as accurate as in onnxruntime: {reached}"


def correct(answers, gold):
    return {"accuracy": 100 * sum(map(str.__eq__, answers, gold)) / len(gold)}


def many(texts):
    """TEXTS of them, from the first on again after the last."""
    return (texts * (TEXTS // len(texts) + 1))[:TEXTS]


def ours(corpus, file, fold, threads):
    import embdistill

    model, (texts, gold) = embdistill.load(file, fold), examples(corpus, "test")
    asked = many(texts)
    return correct(model.predict(texts, threads), gold), lambda: model.predict(asked, threads) and None


def onnx_int8(corpus, run, threads):
    """With weights that onnxruntime has made int8, and activations that it makes so as it goes."""
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(f"{run}.onnx", f"{run}.int8.onnx")
    return onnx(corpus, run, threads, "int8.onnx")


def onnx(corpus, run, threads, ending="onnx"):
    import numpy as np
    import onnxruntime

    from embdistill.export.onnx import onnx_inputs
    from embdistill.model.run_file import load_run

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(f"{run}.{ending}", options, providers=["CPUExecutionProvider"])
    model, (texts, gold) = load_run(run), examples(corpus, "test")

    def batches(texts):
        return [onnx_inputs(model.pack(texts[first : first + BATCH])) for first in range(0, len(texts), BATCH)]

    def work():
        for batch in ready:
            session.run(None, batch)

    answers = np.concatenate([session.run(None, batch)[0] for batch in batches(texts)]).argmax(1)
    ready = batches(sorted(many(texts), key=lambda text: len(model.tokenizer(text))))
    return correct([model.labels[answer] for answer in answers], gold), work


def fasttext(corpus, folder):
    from fasttext import load_model
    from rivals import fasttext_model, zeroed_memory

    data, dev, test = (fasttext_file(corpus, part, folder) for part in ("data", "dev", "test"))

    def trained(settings):
        epochs, rate = settings
        return fasttext_model(data, dim=50, thread=1, epoch=epochs, lr=rate)

    with zeroed_memory():
        model = trained(max(GRID, key=lambda settings: trained(settings).test(dev)[1]))
        model.quantize(data, retrain=True)
    model.save_model(f"{data}.ftz")
    small, asked = load_model(f"{data}.ftz"), many(spaced(examples(corpus, "test")[0]))
    return {"accuracy": 100 * small.test(test)[1]}, lambda: small.predict(asked) and None


def tfidf(corpus):
    from rivals import tfidf_model

    model, (texts, gold) = tfidf_model(*examples(corpus, "data")), examples(corpus, "test")
    asked = many(texts)

    def work():
        model.predict(asked)

    return correct(model.predict(texts), gold), work
