"""The optimiser."""

from embdistill.kernels.adam import AdamStep, adam, adam_rows
from embdistill.model.parameters import Parameters, Rows


class Adam:
    """Kingma & Ba 2015. The learning rate is the one setting of users; the others are the paper's."""

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, rate: float):
        self.rate = rate
        self.steps = 0

    def step(self, parameters: Parameters, rows: Rows | None) -> None:
        """Move along the gradients that the backward pass has left in parameters and rows."""
        self.steps += 1
        settings = AdamStep(self.steps, self.rate, self.BETA1, self.BETA2, self.EPSILON)
        adam(parameters.flat, parameters.mean, parameters.square, parameters.flat_gradient, settings)
        if rows is not None:
            words, gradient = rows.touched
            adam_rows(rows.values, rows.mean, rows.square, gradient, words, settings)
