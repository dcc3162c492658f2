"""The numbers of docs/learn/walkthrough.md: one step of training on one sentence, computed by docs/learn/one_file.py.

Run: python benchmarks/programs/walkthrough.py
"""

import sys

import numpy as np

from readme_table import ROOT, fill

sys.path.insert(0, str(ROOT / "docs" / "learn"))
import one_file
from sentence import CLASSES, LABEL, PARAMETERS, PHI, RATE, SENTENCE, TEACHER, VOCABULARY

PAGE = "docs/learn/walkthrough.md"


def one_step() -> dict[str, np.ndarray]:
    """Every quantity of the page that is computed, by its name there."""
    p = {name: value.copy() for name, value in PARAMETERS.items()}
    ids = np.array([VOCABULARY.index(word) for word in SENTENCE])
    words, A = one_file.shares([ids])
    phi, T = PHI[words], one_file.T
    e = one_file.encode(p, phi)
    m, h, z = one_file.network(p, e, A)
    loss, dz = one_file.soft_loss(z, LABEL, TEACHER, one_file.ALPHA)
    de, network = one_file.network_backward(p, dz, A, m, h)
    encoder = one_file.encode_backward(de, e, phi)
    found = {"ids": ids, "words": words, "places": np.searchsorted(words, ids), "A": A}
    found |= {"a": phi @ p["W"].T + p["b"], "e": e, "m": m, "c": m @ p["W1"].T + p["b1"], "h": h, "z": z}
    found |= {"q": one_file.softmax(z), "q_T": one_file.softmax(z / T), "t_T": one_file.softmax(TEACHER / T)}
    found |= {"loss": np.array(loss), "dz": dz, "dh": dz @ p["W2"], "dc": dz @ p["W2"] * (h > 0)}
    found |= {"dm": found["dc"] @ p["W1"], "de": de, "da": de * (1 - e**2)}
    found |= {f"d{name}": gradient for name, gradient in (network | encoder).items()}
    found["table_before"] = one_file.fold(p, PHI)
    one_file.RATE = RATE
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in p.items()}
    one_file.adam(p, network | encoder, moments, 1)
    return found | {"W_after": p["W"], "b_after": p["b"], "table": one_file.fold(p, PHI)}


def shown(name: str, values: np.ndarray, decimals: int = 4, rows: list[str] | None = None) -> str:
    """`name = values`, a row a line, with the word or class of each row."""
    lead, lines = f"{name} =", []
    for i, line in enumerate(np.atleast_2d(values)):
        label = f" {rows[i]:9}" if rows else ""
        numbers = [f"{round(value, decimals) + 0.0:8.{decimals}f}" for value in line]  # + 0.0: no minus before a zero
        lines.append(" ".join([f"{lead:<{len(name) + 2}}{label}", *numbers]))
        lead = ""
    return "\n".join(lines)


def sum_of(factors: np.ndarray, others: np.ndarray, decimals: tuple[int, int]) -> str:
    """`f × o + ...`, with so many decimals of the factors and of the others."""
    first, second = decimals
    return " + ".join(
        f"{_signed(f, first)} × {_signed(o, second)}" for f, o in zip(np.ravel(factors), np.ravel(others), strict=True)
    )


def _signed(value, decimals):
    return f"({value:.{decimals}f})" if value < 0 else f"{value:.{decimals}f}"


def by_hand(name: str, index: str, term: str, value: float) -> str:
    return f"by hand: {name}[{index}] = {term} = {value:.4f}"


def blocks() -> dict[str, list[str]]:
    """The lines of each block of the page."""
    f, p = one_step(), PARAMETERS
    words = [VOCABULARY[i] for i in f["words"]]
    song = words.index("song")
    W_0, e_no = p["W"][0], f["e"][0]
    return {
        "ids": [shown("ids", f["ids"], 0), shown("words", f["words"], 0), shown("places", f["places"], 0)],
        "phi": [shown("phi", PHI, 1, VOCABULARY)],
        "encoder": [shown("W", p["W"], 1), shown("b", p["b"], 1)],
        "encode": [
            shown("a", f["a"], rows=words),
            shown("e", f["e"], rows=words),
            by_hand("a", "song, 0", sum_of(W_0, PHI[4], (1, 1)) + f" + {p['b'][0]:.1f}", f["a"][song, 0]),
            by_hand("e", "song, 0", f"tanh({f['a'][song, 0]:.4f})", f["e"][song, 0]),
        ],
        "mean": [
            shown("A", f["A"], 1),
            shown("m", f["m"]),
            by_hand("m", "0", sum_of(f["A"][0], f["e"][:, 0], (1, 4)), f["m"][0, 0]),
        ],
        "network": [
            shown("W1", p["W1"], 1),
            shown("b1", p["b1"], 1),
            shown("c", f["c"]),
            shown("h", f["h"]),
            shown("W2", p["W2"], 1, CLASSES),
            shown("b2", p["b2"], 1),
            shown("z", f["z"]),
        ],
        "loss": [
            shown("t", TEACHER, 1),
            shown("q", f["q"]),
            shown("q_T", f["q_T"]),
            shown("t_T", f["t_T"]),
            shown("loss", f["loss"]),
        ],
        "dz": [
            shown("dz", f["dz"]),
            by_hand(
                "dz",
                "music",
                f"0.5 × ({f['q'][0, 0]:.4f} - 1) + 0.5 × 2 × ({f['q_T'][0, 0]:.4f} - {f['t_T'][0, 0]:.4f})",
                f["dz"][0, 0],
            ),
        ],
        "output": [shown("dW2", f["dW2"], rows=CLASSES), shown("db2", f["db2"]), shown("dh", f["dh"])],
        "hidden": [shown("dc", f["dc"]), shown("dW1", f["dW1"]), shown("db1", f["db1"]), shown("dm", f["dm"])],
        "de": [
            shown("de", f["de"], rows=words),
            by_hand("de", "no, 0", f"0.4 × {_signed(f['dm'][0, 0], 4)}", f["de"][0, 0]),
        ],
        "da": [
            shown("da", f["da"], rows=words),
            by_hand("da", "no, 0", f"{_signed(f['de'][0, 0], 4)} × (1 - {_signed(e_no[0], 4)}²)", f["da"][0, 0]),
        ],
        "dW": [
            shown("dW", f["dW"]),
            shown("db", f["db"]),
            by_hand("dW", "0, 0", sum_of(f["da"][:, 0], PHI[f["words"], 0], (4, 1)), f["dW"][0, 0]),
        ],
        "adam": [shown("W_after", f["W_after"]), shown("b_after", f["b_after"])],
        "fold": [
            shown("table_before", f["table_before"], rows=VOCABULARY),
            shown("table", f["table"], rows=VOCABULARY),
        ],
    }


if __name__ == "__main__":
    for name, lines in blocks().items():
        fill(name, "```text\n" + "\n".join(lines) + "\n```", PAGE)
