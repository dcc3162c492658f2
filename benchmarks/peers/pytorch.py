"""The networks of embdistill in PyTorch, as somebody who knows PyTorch would train them on a CPU.

Sentences stand in batches of nearly equal length, padded to the longest, which spares PyTorch most of the padding; the
batches come in another order in each epoch. Every other choice, the weights to start from included, is embdistill's.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Classifier(nn.Module):
    """Encoder over frozen large vectors, a task network, dropout and the output layer."""

    def __init__(self, vectors, network, config, classes):
        """vectors (V, D) float32; network: of NETWORKS; config: of embdistill."""
        super().__init__()
        self.large = nn.Embedding.from_pretrained(torch.from_numpy(vectors), freeze=True)
        self.encoder = nn.Linear(vectors.shape[1], config.dim)
        self.network = NETWORKS[network](config)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(self.network.features, classes)

    def forward(self, ids, lengths):
        """Logits (B, C) of ids (B, T) int64 and lengths (B,) int64, all at least 1."""
        inside = torch.arange(ids.shape[1]) < lengths[:, None]
        embeddings = torch.tanh(self.encoder(self.large(ids))) * inside[:, :, None]
        return self.output(self.dropout(self.network(embeddings, lengths, inside)))

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
        self.widths, self.filters = config.widths, config.filters
        self.features = len(config.widths) * config.filters
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.dim, config.filters, width, padding=width - 1) for width in config.widths
        )

    def forward(self, embeddings, lengths, inside):
        pooled = []
        channels_first = embeddings.transpose(1, 2)
        for width, convolution in zip(self.widths, self.convolutions, strict=True):
            responses = convolution(channels_first)
            if not inside.all():  # a window that sees padding alone does not count
                seen = torch.arange(responses.shape[2]) < (lengths + width - 1)[:, None]
                responses = responses.masked_fill(~seen[:, None], -torch.inf)
            pooled.append(responses.amax(2))
        return functional.relu(torch.cat(pooled, 1))

    def load(self, values):
        first = 0
        for number, (width, convolution) in enumerate(zip(self.widths, self.convolutions, strict=True)):
            taps = values["conv.weight"][first : first + width * self.filters]
            _copy(convolution.weight, taps.reshape(width, self.filters, -1).transpose(1, 2, 0))
            _copy(convolution.bias, values["conv.bias"][number * self.filters : (number + 1) * self.filters])
            first += width * self.filters


class Lstm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.lstm = nn.LSTM(config.dim, config.units, batch_first=True, bidirectional=True)
        self.features = 2 * config.units

    def forward(self, embeddings, lengths, inside):
        if inside.all():  # oneDNN's faster path
            return self.lstm(embeddings)[0].amax(1)
        packed = pack_padded_sequence(embeddings, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return states.masked_fill(~inside[:, :, None], -torch.inf).amax(1)

    def load(self, values):
        units = self.lstm.hidden_size
        gates = [0, 2, 3, 1]  # here input, output, forget, candidate; there input, forget, candidate, output

        def reordered(array):
            return array.reshape(2, 4, units, -1)[:, gates].reshape(2, 4 * units, -1)

        weights, bias = reordered(values["lstm.weight"]), reordered(values["lstm.bias"])
        for z, suffix in enumerate(("", "_reverse")):
            _copy(getattr(self.lstm, f"weight_ih_l0{suffix}"), weights[z])
            _copy(getattr(self.lstm, f"weight_hh_l0{suffix}"), reordered(values["lstm.recurrent"])[z])
            _copy(getattr(self.lstm, f"bias_ih_l0{suffix}"), bias[z, :, 0])
            _copy(getattr(self.lstm, f"bias_hh_l0{suffix}"), np.zeros_like(bias[z, :, 0]))


NETWORKS = {"mean": Mean, "cnn": Cnn, "lstm": Lstm}


class Trainer:
    """Trains a classifier on a Part of embdistill."""

    def __init__(self, classifier, rate, fused):
        self.classifier = classifier
        trained = [parameter for parameter in classifier.parameters() if parameter.requires_grad]
        self.adam = torch.optim.Adam(trained, lr=rate, fused=fused)

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
    ids, offsets, _ = part.packed
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
