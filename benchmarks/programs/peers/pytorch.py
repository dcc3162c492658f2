"""The networks of embdistill in PyTorch, as somebody who knows PyTorch would train them on a CPU.

Sentences stand in batches of nearly equal length, padded to the longest, which spares PyTorch most of the padding; the
batches come in another order in each epoch. Every other choice, the weights to start from included, is embdistill's.

What was tried, as epoch time over that of the obvious way (nn.Conv1d, packed sequences, fused Adam), in turns in one
process on a machine that others used too (medians, TREC, two threads unless said). What is below is the fastest.

cnn:  windows and one product a width 0.78; adaptive_max_pool1d 0.91; Conv1d 1; product of words, shifted and added 1.17
      (one thread); Conv2d 1.16 (one thread); without oneDNN 2.2 (one thread).
lstm: padded, with the input gate shut at padding 0.89, on SST-2 0.67 (one thread); batches of equal length alone 0.92,
      on SST-2 0.80 (one thread), and more of them; two directions apart, one reversed by hand 0.89 (one thread); packed
      1; steps by hand 1.04, scripted 1.3 (one thread); time before batch as batch before time; without oneDNN 1.29
      (one thread). Two threads take 0.8 of the time of one, on a machine of their own: where anything else runs, they
      wait for each other at every step, and an epoch takes 15 s in place of 1.2.
mean: foreach Adam 1.14, Adam one by one 1.32; torch.compile 1.24 (cnn 1.18), and 20 s to compile.
All:  encoding the distinct words of a batch once, as embdistill does: mean 0.97 (SST-2 0.82, one thread), cnn 0.93.
      Denormal numbers flushed: no difference.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SHUT = -1e4  # the sigmoid of it is 0, and so is its gradient


class Classifier(nn.Module):
    """Encoder over frozen large vectors, a task network, dropout and the output layer."""

    def __init__(self, vectors, config, classes, distinct):
        """vectors (V, D) float32; config: of embdistill; distinct: encode each word of a batch once."""
        super().__init__()
        self.distinct = distinct
        self.large = nn.Embedding.from_pretrained(torch.from_numpy(vectors), freeze=True)
        self.encoder = nn.Linear(vectors.shape[1], config.dim)
        self.network = NETWORKS[config.network](config)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(self.network.features, classes)

    def forward(self, ids, lengths):
        """Logits (B, C) of ids (B, T) int64 and lengths (B,) int64, all at least 1."""
        inside = torch.arange(ids.shape[1]) < lengths[:, None]
        if self.distinct:
            words, places = ids.unique(return_inverse=True)
            embeddings = functional.embedding(places, torch.tanh(self.encoder(self.large(words))))
        else:
            embeddings = torch.tanh(self.encoder(self.large(ids)))
        return self.output(self.dropout(self.network(embeddings * inside[:, :, None], lengths, inside)))

    def load(self, values):
        """Take the weights of an embdistill learner: name to array."""
        _copy(self.encoder.weight, values["encoder1.weight"])
        _copy(self.encoder.bias, values["encoder1.bias"])
        _copy(self.output.weight, values["output.weight"])
        _copy(self.output.bias, values["output.bias"])
        self.network.load(values)


def _copy(parameter, values):
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))


class Mean(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.hidden = nn.Linear(config.dim, config.hidden)
        self.features = config.hidden

    def forward(self, embeddings, lengths, inside):
        return functional.relu(self.hidden(embeddings.sum(1) / lengths[:, None]))

    def load(self, values):
        _copy(self.hidden.weight, values["hidden.weight"])
        _copy(self.hidden.bias, values["hidden.bias"])


class Cnn(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dim, self.widths, self.filters = config.dim, config.widths, config.filters
        self.features = len(config.widths) * config.filters
        self.maps = nn.ModuleList(nn.Linear(width * config.dim, config.filters) for width in config.widths)

    def forward(self, embeddings, lengths, inside):
        pooled = []
        for width, linear in zip(self.widths, self.maps, strict=True):
            rows = functional.pad(embeddings, (0, 0, width - 1, width - 1)).flatten(1)
            responses = linear(rows.unfold(1, width * self.dim, self.dim))  # (B, T + width - 1, filters)
            if not inside.all():  # a window that sees padding alone does not count
                seen = torch.arange(responses.shape[1]) < (lengths + width - 1)[:, None]
                responses = responses.masked_fill(~seen[:, :, None], -torch.inf)
            pooled.append(responses.amax(1))
        return functional.relu(torch.cat(pooled, 1))

    def load(self, values):
        first = 0
        for number, (width, linear) in enumerate(zip(self.widths, self.maps, strict=True)):
            taps = values["conv.weight"][first : first + width * self.filters].reshape(width, self.filters, self.dim)
            _copy(linear.weight, taps.transpose(1, 0, 2).reshape(self.filters, -1))
            _copy(linear.bias, values["conv.bias"][number * self.filters : (number + 1) * self.filters])
            first += width * self.filters


class Lstm(nn.Module):
    """Over padded batches: a feature that is 1 at padding shuts the input gate, so the states of the backward direction
    stay 0 until the last word. The weights of that feature have gradient 0 and stay as they are."""

    def __init__(self, config):
        super().__init__()
        self.lstm = nn.LSTM(config.dim + 1, config.units, batch_first=True, bidirectional=True)
        self.features = 2 * config.units

    def forward(self, embeddings, lengths, inside):
        outside = ~inside[:, :, None]
        states, _ = self.lstm(torch.cat([embeddings, outside.float()], 2))
        return states.masked_fill(outside, -torch.inf).amax(1)

    def load(self, values):
        units = self.lstm.hidden_size
        gates = [0, 2, 3, 1]  # here input, output, forget, candidate; there input, forget, candidate, output

        def reordered(array):
            return array.reshape(2, 4, units, -1)[:, gates].reshape(2, 4 * units, -1)

        weights, bias = reordered(values["lstm.weight"]), reordered(values["lstm.bias"])
        shut = np.zeros((4 * units, 1), np.float32)
        shut[:units] = SHUT
        for z, suffix in enumerate(("", "_reverse")):
            _copy(getattr(self.lstm, f"weight_ih_l0{suffix}"), np.hstack([weights[z], shut]))
            _copy(getattr(self.lstm, f"weight_hh_l0{suffix}"), reordered(values["lstm.recurrent"])[z])
            _copy(getattr(self.lstm, f"bias_ih_l0{suffix}"), bias[z, :, 0])
            _copy(getattr(self.lstm, f"bias_hh_l0{suffix}"), np.zeros_like(bias[z, :, 0]))


NETWORKS = {"mean": Mean, "cnn": Cnn, "lstm": Lstm}


class Trainer:
    """Trains a classifier on a Part of embdistill."""

    def __init__(self, classifier, rate):
        self.classifier = classifier
        trained = [parameter for parameter in classifier.parameters() if parameter.requires_grad]
        self.adam = torch.optim.Adam(trained, lr=rate, fused=True)

    def epoch(self, batches, order):
        """One pass over what bucketed() gave, in the order (n,) of the batches."""
        self.classifier.train()
        for number in order:
            ids, lengths, labels = batches[number]
            self.adam.zero_grad()
            functional.cross_entropy(self.classifier(ids, lengths), labels).backward()
            self.adam.step()

    def logits(self, part):
        """Logits (B, C) of a part, in its order."""
        self.classifier.eval()
        with torch.inference_mode():
            batches, places = bucketed(part, 500), by_length(part)
            logits = torch.cat([self.classifier(ids, lengths) for ids, lengths, _ in batches]).numpy()
        return logits[np.argsort(places)]


def by_length(part):
    """The numbers of the sentences, the shortest first."""
    return np.argsort(np.diff(part.packed.offsets), kind="stable")


def bucketed(part, size):
    """Batches of `size` sentences, by length: ids (B, T) int64, padded with 0, lengths and labels (B,) int64."""
    ids, offsets, *_ = part.packed
    order, batches = by_length(part), []
    for first in range(0, len(order), size):
        chosen = order[first : first + size]
        lengths = offsets[chosen + 1] - offsets[chosen]
        padded = np.zeros((len(chosen), max(1, lengths.max())), np.int64)
        for row, number in enumerate(chosen):
            padded[row, : lengths[row]] = ids[offsets[number] : offsets[number + 1]]
        labels = part.labels[chosen].astype(np.int64)
        batches.append(tuple(map(torch.from_numpy, (padded, np.maximum(lengths, 1), labels))))
    return batches
