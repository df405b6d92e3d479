"""Writes squashed.json: tanh-squashed Gaussians, reparameterised.

    pip install torch==2.15.0 numpy && python squashed.py

Computed by torch.distributions and autograd in float64, from inputs that float32 holds exactly.
"""

import json
import pathlib

import numpy as np
import torch
from torch.distributions import Independent, Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

rng = np.random.default_rng(20250131)


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


def case(name, bound, n, rows, mean, raw):
    params = exact(np.concatenate([np.broadcast_to(mean, (rows, n)), np.broadcast_to(raw, (rows, n))], 1)).requires_grad_()
    noise, slopes, weight = exact(rng.standard_normal((rows, n))), exact(rng.standard_normal((rows, n))), float(np.float32(0.3))
    mu, x = params.chunk(2, dim=1)
    log_std = x.clamp(-20, 2) if bound == "clamp" else -5 + 3.5 * (torch.tanh(x) + 1)
    normal = Normal(mu, log_std.exp())
    u = mu + log_std.exp() * noise
    action = torch.tanh(u)
    # cache_size=1 lets the transform find u again instead of inverting tanh
    squash = TanhTransform(cache_size=1)
    pi = TransformedDistribution(Independent(normal, 1), [squash])
    log_prob = pi.log_prob(squash(u))
    ((slopes * action).sum() + weight * log_prob.sum()).backward()
    return {
        "name": name, "bound": bound, "n": n, "rows": rows, "params": params.detach().flatten().tolist(),
        "noise": noise.flatten().tolist(), "slopes": slopes.flatten().tolist(), "weight": weight,
        "actions": action.flatten().tolist(), "log_probs": log_prob.tolist(), "gradient": params.grad.flatten().tolist(),
    }


normal = rng.standard_normal
cases = [
    case("one element, clamped", "clamp", 1, 20, normal((20, 1)), normal((20, 1)) - 1),
    case("six elements, clamped", "clamp", 6, 8, normal((8, 6)), normal((8, 6)) - 1),
    case("beyond the bounds, clamped", "clamp", 4, 6, normal((6, 4)), [-21.0, -3.0, 1.9, 5.0]),
    case("saturated, clamped", "clamp", 2, 10, [-12.0, 15.0], [-1.0, 0.5]),
    case("one element, mapped", "tanh", 1, 20, normal((20, 1)), normal((20, 1))),
    case("three elements, mapped", "tanh", 3, 8, 2 * normal((8, 3)), [-4.0, 0.3, 3.0]),
]
path = pathlib.Path(__file__).with_name("squashed.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
