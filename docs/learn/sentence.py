"""What is given in walkthrough.md: a sentence, large vectors, parameters, and the logits of a teacher."""

import numpy as np

VOCABULARY = ["(unknown)", "no", "play", "the", "song", "tune"]
SENTENCE = ["no", "no", "play", "the", "song"]
CLASSES = ["music", "lights"]

PHI = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [-1.0, 1.0, 1.0, 1.0],
        [1.0, -1.0, -1.0, 1.0],
        [0.2, 1.4, -0.2, 1.4],
        [1.4, 0.2, -1.4, 0.2],
        [1.4, -0.2, -1.4, 0.2],
    ]
)
PARAMETERS = {
    "W": np.array([[0.3, -0.1, -0.4, 0.1], [0.1, 0.2, 0.3, -0.2]]),
    "b": np.array([0.1, 0.0]),
    "W1": np.array([[0.8, -0.5], [-0.6, 0.4], [0.3, 0.9]]),
    "b1": np.array([0.1, 0.0, 0.2]),
    "W2": np.array([[0.5, -0.4, -0.3], [-0.6, 0.2, 0.7]]),
    "b2": np.array([0.0, 0.1]),
}
TEACHER = np.array([[1.5, -1.5]])
LABEL = np.array([0])
RATE = 0.1
