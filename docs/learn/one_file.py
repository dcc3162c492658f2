"""The whole method in plain NumPy: large word vectors teach a classifier that then needs only small ones.

Run: python docs/learn/one_file.py    (some seconds)

    phi (V, D)   large vectors, given and frozen     e = tanh(W phi + b)   small vectors, (U, d)   the encoder
    A (B, U)     share of each word in a sentence    m = A e               mean of a sentence, (B, d)
    y (B)        gold classes                        h = relu(W1 m + b1)   hidden layer, (B, H)
    t (B, C)     logits of a teacher                 z = W2 h + b2         logits of the classes, (B, C)
"""

import os
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported: these matrices are too small to share

import h5py
import numpy as np

DEMO = Path(__file__).parents[2] / "embdistill" / "demo"
SMALL, HIDDEN, SCALE = 10, 200, 0.3  # d; H; standard deviation of the small vectors before training
ALPHA, T = 0.5, 2.0  # share of the teacher in the loss; temperature, which softens both outputs
RATE, BATCH, STEPS = 0.002, 50, 900


# The model: p holds the parameters by name; dx is the gradient of the loss by x, and has the shape of x.
def encode(p, phi):
    return np.tanh(phi @ p["W"].T + p["b"])


def encode_backward(de, e, phi):
    """Gradients of the encoder; phi is frozen, so nothing goes further down."""
    da = de * (1 - e**2)  # a = W phi + b, and the derivative of tanh is 1 - tanh^2
    return {"W": da.T @ phi, "b": da.sum(axis=0)}  # sums over the words, since all share W and b


def network(p, e, A):
    """Mean, hidden layer and logits of sentences over words with the small vectors e."""
    m = A @ e
    h = np.maximum(0, m @ p["W1"].T + p["b1"])
    return m, h, h @ p["W2"].T + p["b2"]


def network_backward(p, dz, A, m, h):
    dc = dz @ p["W2"] * (h > 0)  # c = W1 m + b1, and ReLU passes on where c was above 0
    de = A.T @ (dc @ p["W1"])  # a word gets its share from every sentence that has it
    return de, {"W1": dc.T @ m, "b1": dc.sum(axis=0), "W2": dz.T @ h, "b2": dz.sum(axis=0)}


# The loss: gold labels, and a teacher's softened output.
def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))  # less the largest, so that exp stays in range
    return powers / powers.sum(axis=1, keepdims=True)


def soft_loss(z, y, t, alpha):
    """(1 - alpha) CE(y, softmax(z)) + alpha T^2 CE(softmax(t / T), softmax(z / T)), a mean; and its gradient by z."""
    gold, q, soft_q, soft_t = np.eye(z.shape[1])[y], softmax(z), softmax(z / T), softmax(t / T)
    loss = -(1 - alpha) * (gold * np.log(q)).sum() - alpha * T**2 * (soft_t * np.log(soft_q)).sum()
    return loss / len(z), ((1 - alpha) * (q - gold) + alpha * T * (soft_q - soft_t)) / len(z)


def network_gradients(p, e, A, y, t, alpha):
    m, h, z = network(p, e, A)
    loss, dz = soft_loss(z, y, t, alpha)
    return loss, *network_backward(p, dz, A, m, h)


def student_gradients(p, phi, A, y, t, alpha):
    """Loss, and all gradients: those of the network, and through de those of the encoder."""
    e = encode(p, phi)
    loss, de, gradients = network_gradients(p, e, A, y, t, alpha)
    return loss, gradients | encode_backward(de, e, phi)


def teacher_gradients(p, phi, A, y, t, alpha):
    """The same for a teacher, whose network reads the large vectors themselves (frozen here, to be short)."""
    loss, _, gradients = network_gradients(p, SCALE * phi, A, y, t, alpha)
    return loss, gradients


def start(shapes, rng):
    """Weights uniform, those of the encoder such that e has the standard deviation SCALE; biases zero."""
    bounds = {k: SCALE * (3 / s[-1]) ** 0.5 if k == "W" else (6 / sum(s)) ** 0.5 for k, s in shapes.items()}
    return {k: rng.uniform(-bounds[k], bounds[k], s) if len(s) == 2 else np.zeros(s) for k, s in shapes.items()}


def adam(p, gradients, moments, step):
    """One step for every parameter; moments are its running means of g and of g^2 (Kingma & Ba 2015)."""
    for name, g in gradients.items():
        mean, square = moments[name]
        mean += 0.1 * (g - mean)
        square += 0.001 * (g**2 - square)
        p[name] -= RATE * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)


def train(gradients_of, p, phi, ids, y, t, alpha, rng):
    moments = {name: (np.zeros_like(v), np.zeros_like(v)) for name, v in p.items()}
    for step in range(1, STEPS + 1):
        batch = rng.choice(len(ids), BATCH, replace=False)  # sentences
        words, A = shares([ids[i] for i in batch])
        adam(p, gradients_of(p, phi[words], A, y[batch], t[batch], alpha)[1], moments, step)


def fold(p, phi):
    """The small vectors of all words, computed once. Then W, b and phi are no longer needed."""
    return encode(p, phi).astype(np.float32)


def shares(sentences):
    """The distinct words (U) of sentences, and A (B, U): how often each occurs there, divided by the tokens."""
    words = np.unique(np.concatenate(sentences))
    A = np.zeros((len(sentences), len(words)))
    for share, ids in zip(A, sentences, strict=True):
        np.add.at(share, np.searchsorted(words, ids), 1 / len(ids))
    return words, A


def read_texts(part, index, labels):
    """Ids of the words of each line, 0 for unknown ones, and the class of each line."""
    lines = [line.split() for line in (DEMO / f"{part}.txt").read_text().splitlines()]
    ids = [np.array([index.get(word, 0) for word in words]) for _, *words in lines]
    return ids, np.array([labels.setdefault(label, len(labels)) for label, *_ in lines])


def logits(p, table, ids):
    words, A = shares(ids)
    return network(p, table[words], A)[2]


def main():
    rng, labels = np.random.default_rng(0), {}  # number of each class, in the order in which they are met
    with h5py.File(DEMO / "vectors.h5") as file:
        index = {word: row for row, word in enumerate(bytes(file["words"][:]).decode().split(), 1)}
        phi = np.vstack([np.zeros(file["values"].shape[1]), file["values"]])  # row 0: all unknown words
    phi[1:] /= np.sqrt(np.mean(phi[1:] ** 2, axis=1, keepdims=True))
    (ids, y), dev, test = (read_texts(part, index, labels) for part in ("train", "dev", "test"))
    C, D = len(labels), phi.shape[1]
    shapes = {"b1": (HIDDEN,), "W2": (C, HIDDEN), "b2": (C,)}
    teacher = start({"W1": (HIDDEN, D), **shapes}, rng)
    train(teacher_gradients, teacher, phi, ids, y, np.zeros((len(y), C)), 0.0, rng)
    t = logits(teacher, SCALE * phi, ids)
    student = start({"W": (SMALL, D), "b": (SMALL,), "W1": (HIDDEN, SMALL), **shapes}, rng)
    train(student_gradients, student, phi, ids, y, t, ALPHA, rng)
    for name, p, table in (("large", teacher, SCALE * phi), ("folded", student, fold(student, phi))):
        scores = [100 * np.mean(logits(p, table, part).argmax(axis=1) == gold) for part, gold in (dev, test)]
        print(f"{name}: dev {scores[0]:.1f} %, test {scores[1]:.1f} %, table {table.size * 4:,} bytes in float32")


if __name__ == "__main__":
    main()
