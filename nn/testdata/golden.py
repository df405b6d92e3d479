"""Writes golden.json: convolutional and recurrent networks, forwards and backwards through time.

    pip install torch==2.15.0 numpy && python golden.py

Everything is PyTorch's, in float64, from inputs that float32 holds exactly: Conv2d, MaxPool2d, LSTM. Weights are listed
in the order and the layout of nn.Net: a convolution's are [line, frame, pixel, channel, filter], a matrix is [in, out].
The LSTM's second bias is 0 and gets the gradient that the first one gets."""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(20261121)


def exact(*shape, scale=1.0):
    """Random float32, as float64."""
    return torch.tensor((rng.normal(size=shape) * scale).astype(np.float32).astype(np.float64))


class Net:
    """A trunk of convolutions, hidden layers and an LSTM, with one layer of outputs. Parameters are kept as PyTorch wants them,
    with the way to turn each into the layout of nn.Net."""

    def __init__(self, frames, height, width, channels, conv, hidden, lstm, outputs):
        self.frames, self.channels, self.conv, self.hidden, self.lstm = frames, channels, conv, hidden, lstm
        self.params, self.order = [], []
        c, x = frames * channels, torch.zeros(1, frames * channels, height, width, dtype=torch.float64)
        self.layers = []
        for i, l in enumerate(conv):
            layer = {"weight": self.kernel(c, l["filters"], l["size"], frames if i == 0 else 1), "bias": self.vector(l["filters"]), "blocks": []}
            c = l["filters"]
            for _ in range(l.get("residual", 0)):
                layer["blocks"].append([(self.kernel(c, c, 3, 1), self.vector(c)) for _ in range(2)])
            self.layers.append(layer)
        n = self.features(x).shape[1]
        self.dense = []
        for h in hidden:
            self.dense.append((self.matrix(n, h), self.vector(h)))
            n = h
        if lstm:
            self.wx, self.wh, self.b = self.matrix(n, 4 * lstm), self.matrix(lstm, 4 * lstm), self.vector(4 * lstm)
            n = lstm
        self.out = (self.matrix(n, outputs), self.vector(outputs))

    def add(self, p, to_ours):
        p.requires_grad_()
        self.params.append(p)
        self.order.append(to_ours)
        return p

    def kernel(self, c_in, filters, size, frames):
        per = c_in // frames
        # [filter, frame·channel, line, pixel] -> [line, frame, pixel, channel, filter]
        ours = lambda w: w.reshape(filters, frames, per, size, size).permute(3, 1, 4, 2, 0)
        return self.add(exact(filters, c_in, size, size, scale=(c_in * size * size) ** -0.5), ours)

    def matrix(self, n_in, n_out):
        return self.add(exact(n_out, n_in, scale=n_in**-0.5), lambda w: w.T)

    def vector(self, n):
        return self.add(exact(n, scale=0.1), lambda b: b)

    def flat(self, tensors):
        return torch.cat([f(t.detach()).reshape(-1) for f, t in zip(self.order, tensors)]).tolist()

    def features(self, x):
        for i, (l, p) in enumerate(zip(self.conv, self.layers)):
            x = F.conv2d(x, p["weight"], p["bias"], l["stride"], (l["size"] - 1) // 2 if l.get("same") else 0)
            if not p["blocks"]:
                x = torch.relu(x)
            if l.get("pool"):
                x = F.max_pool2d(x, 3, 2, 1)
            for (w1, b1), (w2, b2) in p["blocks"]:
                x = x + F.conv2d(torch.relu(F.conv2d(torch.relu(x), w1, b1, 1, 1)), w2, b2, 1, 1)
            if p["blocks"] and i + 1 == len(self.conv):
                x = torch.relu(x)
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)  # channels last, as they are flattened here

    def forward(self, x, state, starts):
        """x: [T, B, frames·channels, height, width], starts: [T, B], state: (h, c), each [B, cells]."""
        steps, streams = x.shape[:2]
        y = self.features(x.reshape(steps * streams, *x.shape[2:]))
        for w, b in self.dense:
            y = torch.relu(F.linear(y, w, b))
        if self.lstm:
            cell = torch.nn.LSTMCell(y.shape[1], self.lstm, dtype=torch.float64)
            names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
            values = [self.wx, self.wh, self.b, torch.zeros_like(self.b)]
            y = y.reshape(steps, streams, -1)
            hidden = []
            h, c = state
            for t in range(steps):
                keep = (~starts[t]).to(torch.float64).unsqueeze(1)
                h, c = torch.func.functional_call(cell, dict(zip(names, values)), (y[t], (h * keep, c * keep)))
                hidden.append(h)
            state, y = (h, c), torch.cat(hidden)
        return F.linear(y, *self.out), state


def case(name, frames, height, width, channels, conv, hidden, lstm, steps, streams):
    net = Net(frames, height, width, channels, conv, hidden, lstm, 3)
    x = exact(steps, streams, frames * channels, height, width)
    dout = exact(steps * streams, 3)
    starts = torch.tensor(rng.random((steps, streams)) < 0.25)
    if lstm:
        starts[steps // 2, 0], starts[0, 0] = True, False  # an episode ends inside the segment, another goes on into it
    cells = max(lstm, 1)
    state = (exact(streams, cells, scale=0.5), exact(streams, cells, scale=0.5))

    def gradient(cuts):
        """Gradients of the segments between the cuts; the state goes on from one to the next, detached."""
        grads, outs, now = [], [], state
        for a, b in zip(cuts, cuts[1:]):
            out, after = net.forward(x[a:b], now, starts[a:b])
            now = tuple(s.detach() for s in after)
            g = torch.autograd.grad((out * dout[a * streams : b * streams]).sum(), net.params)
            grads.append(net.flat(g))
            outs.append(out.detach())
        return grads, torch.cat(outs), now

    whole, out, after = gradient([0, steps])
    split, again, _ = gradient([0, steps // 2, steps])
    assert torch.equal(out, again)
    # [T, B, frame·channel, h, w] -> [T, B, frame, h, w, channel]
    ours = x.reshape(steps, streams, frames, channels, height, width).permute(0, 1, 2, 4, 5, 3)
    flat = lambda t: t.reshape(-1).tolist()
    both = lambda s: flat(torch.cat(s, 1)) if lstm else []
    return {
        "name": name, "shape": [frames, height, width, channels], "conv": conv, "hidden": hidden, "lstm": lstm,
        "steps": steps, "streams": streams, "params": net.flat(net.params), "input": flat(ours), "starts": flat(starts),
        "state": both(state), "dout": flat(dout), "out": flat(out), "after": both(after), "gradient": whole[0], "halves": split,
    }


def layer(filters, size, stride, same=False, pool=False, residual=0):
    return {"filters": filters, "size": size, "stride": stride, "same": same, "pool": pool, "residual": residual}


cases = [
    case("frames, valid and same", 2, 10, 9, 1, [layer(9, 4, 2), layer(5, 3, 2, True)], [6], 0, 2, 2),
    case("residual", 1, 9, 8, 2, [layer(3, 3, 1, True, True, 1), layer(4, 3, 1, True, True, 2)], [5], 0, 2, 1),
    case("LSTM", 1, 1, 4, 1, [], [5], 6, 8, 2),
    case("convolution and LSTM", 1, 7, 6, 1, [layer(4, 3, 2, True)], [], 5, 6, 2),
]


def short(x):
    """Nine digits, which give every float32 back."""
    if isinstance(x, dict):
        return {k: short(v) for k, v in x.items()}
    if isinstance(x, list):
        return [short(v) for v in x]
    return float(f"{x:.9g}") if isinstance(x, float) else x


lines = ["  " + json.dumps(short(c)) for c in cases]
pathlib.Path(__file__).with_name("golden.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
