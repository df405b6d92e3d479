"""The same networks in PyTorch: what one forward pass of one row costs, and one of training on 20 rows (forward,
backward, gradients left where they are), on one core. Prints one line of JSON: microseconds, medians.

Written to be a fast peer: one thread, inference mode where it acts, gradients set to None before each backward pass,
channels-last images where that is faster, and LSTM by nn.LSTM, which runs a whole segment in one call."""

import json
import os
import statistics
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)


class Residual(nn.Module):
    """A residual block of IMPALA's network."""

    def __init__(self, channels):
        super().__init__()
        conv = lambda: nn.Conv2d(channels, channels, 3, 1, 1)
        self.body = nn.Sequential(nn.ReLU(), conv(), nn.ReLU(), conv())

    def forward(self, x):
        return x + self.body(x)


def convolutions(channels, layers):
    out = []
    for filters, size, stride, padding in layers:
        out += [nn.Conv2d(channels, filters, size, stride, padding), nn.ReLU()]
        channels = filters
    return out + [nn.Flatten()]


def sections(channels, filters):
    """IMPALA's sections, each with pooling and two residual blocks."""
    out = []
    for f in filters:
        out += [nn.Conv2d(channels, f, 3, 1, 1), nn.MaxPool2d(3, 2, 1), Residual(f), Residual(f)]
        channels = f
    return out + [nn.ReLU(), nn.Flatten()]


class Net(nn.Module):
    """Convolutions, hidden layers, perhaps an LSTM, and the heads of an actor-critic over six actions."""

    def __init__(self, channels, side, layers, hidden, lstm):
        super().__init__()
        trunk = sections(channels, layers) if isinstance(layers[0], int) else convolutions(channels, layers)
        width = nn.Sequential(*trunk)(torch.zeros(1, channels, side, side)).shape[1]
        for h in hidden:
            trunk += [nn.Linear(width, h), nn.ReLU()]
            width = h
        self.trunk = nn.Sequential(*trunk)
        self.lstm = nn.LSTM(width, lstm) if lstm else None
        self.heads = nn.Linear(lstm or width, 7)

    def forward(self, pixels, state):
        x = self.trunk(pixels.float() / 255)
        if self.lstm:
            x, state = self.lstm(x.unsqueeze(1), state)  # [T, 1, features]
            x = x.squeeze(1)
        return self.heads(x), state


class Memory(nn.Module):
    """LSTM 256 alone, on 256 features."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(256, 256)

    def forward(self, x, state):
        y, state = self.lstm(x.unsqueeze(1), state)
        return y.squeeze(1), state


def median(call, seconds=1.0):
    for _ in range(10):
        call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 10:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def measure(net, one, rows, layout):
    if layout is not None:
        net, one, rows = net.to(memory_format=layout), one.to(memory_format=layout), rows.to(memory_format=layout)
    state = (torch.zeros(1, 1, 256), torch.zeros(1, 1, 256)) if net.lstm else None

    def forward():
        with torch.inference_mode():
            net(one, state)

    out, _ = net(rows, state)
    dout = torch.randn_like(out)

    def train():
        for p in net.parameters():
            p.grad = None
        y, _ = net(rows, state)
        y.backward(dout)

    return median(forward), median(train)


STRIDED = [(32, 3, 2, 1)] * 4
NATURE = [(32, 8, 4, 0), (64, 4, 2, 0), (64, 3, 1, 0)]
PAPER = [(16, 8, 4, 0), (32, 4, 2, 0)]
NETS = {
    "42x42 conv": (1, 42, STRIDED, [], 0),
    "42x42 conv + LSTM 256": (1, 42, STRIDED, [], 256),
    "Nature": (4, 84, NATURE, [512], 0),
    "A3C paper": (4, 84, PAPER, [256], 0),
    "Doom + LSTM 256": (1, 84, PAPER, [256], 256),
    "MinAtar": (4, 10, [(16, 3, 1, 0)], [128], 0),
    "IMPALA": (4, 84, [16, 32, 32], [256], 0),
}


def main():
    result = {}
    for name, (channels, side, layers, hidden, lstm) in NETS.items():
        pixels = lambda n: torch.randint(0, 256, (n, channels, side, side), dtype=torch.uint8)
        both = [measure(Net(channels, side, layers, hidden, lstm), pixels(1), pixels(20), layout) for layout in (None, torch.channels_last)]
        result[name + "/forward"] = min(b[0] for b in both)
        result[name + "/train"] = min(b[1] for b in both)
    forward, train = measure(Memory(), torch.randn(1, 256), torch.randn(20, 256), None)
    result["LSTM 256/forward"], result["LSTM 256/train"] = forward, train
    json.dump(result, sys.stdout)
    print()


if __name__ == "__main__":
    if any(v in os.environ for v in ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS")):
        print("unset OPENBLAS_CORETYPE and OMP_NUM_THREADS first", file=sys.stderr)
    main()
