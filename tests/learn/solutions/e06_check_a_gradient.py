import numpy as np


def differences(loss, values, step=1e-4):
    gradient = np.empty_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        values[place] = kept + step
        above = loss()
        values[place] = kept - step
        below = loss()
        values[place] = kept
        gradient[place] = (above - below) / (2 * step)
    return gradient


def one_sided(loss, values, step=1e-4):
    gradient = np.empty_like(values)
    for place in np.ndindex(values.shape):
        kept, before = values[place], loss()
        values[place] = kept + step
        gradient[place] = (loss() - before) / step
        values[place] = kept
    return gradient


def leaves_values_moved(loss, values, step=1e-4):
    gradient = np.empty_like(values)
    for place in np.ndindex(values.shape):
        values[place] += step
        above = loss()
        values[place] -= 2 * step
        gradient[place] = (above - loss()) / (2 * step)
    return gradient


MISTAKES = [one_sided, leaves_values_moved]
