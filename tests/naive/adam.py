"""Twin of kernels/adam.py."""

import math


def adam(values, mean, square, gradient, step, rate, beta1, beta2, epsilon):
    values, mean, square = values.copy(), mean.copy(), square.copy()
    for i in range(len(values)):
        mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i]
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2
        corrected_mean = mean[i] / (1 - beta1**step)
        corrected_square = square[i] / (1 - beta2**step)
        values[i] -= rate * corrected_mean / (math.sqrt(corrected_square) + epsilon)
    return values, mean, square
