"""The gradients of walkthrough.md by embdistill itself, to step through with a debugger (stepping.md).

Run: NUMBA_DISABLE_JIT=1 python docs/learn/step.py
"""

import numpy as np
from sentence import LABEL, PARAMETERS, PHI, SENTENCE, TEACHER, VOCABULARY

from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.model.config import Config
from embdistill.training.learner import build_learner

NAMES = {"W": "encoder1.weight", "b": "encoder1.bias", "W1": "hidden.weight", "b1": "hidden.bias"}
NAMES |= {"W2": "output.weight", "b2": "output.bias"}

np.set_printoptions(precision=4, suppress=True)
learner = build_learner(PHI, 2, Config(method="encode+soft", network="mean", dim=2, hidden=3, dropout=0))
for name, theirs in NAMES.items():
    learner.parameters.values[theirs][:] = PARAMETERS[name]
ids = np.array([VOCABULARY.index(word) for word in SENTENCE], np.int32)
sentences = Split(Packed(ids, np.array([0, len(ids)])), LABEL.astype(np.int32), TEACHER)
print(f"loss {learner.loss(sentences, np.array([0])):.4f}")
for name, theirs in NAMES.items():
    print(f"d{name}\n{learner.parameters.gradients[theirs]}")
