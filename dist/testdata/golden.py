"""Writes golden.json: log-probabilities, entropies and policy-gradient losses with their gradients.

    pip install torch==2.15.0 numpy && python golden.py

Computed by torch.distributions and autograd in float64, from inputs that float32 holds exactly.
"""

import json
import pathlib

import numpy as np
import torch
from torch.distributions import Categorical, Independent, Normal

rng = np.random.default_rng(20240607)
MIN_LOG_STD, MAX_LOG_STD = -20.0, 2.0


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


def case(name, kind, sizes, params, actions, advantages, beta, scale):
    params = exact(params).requires_grad_()
    actions, advantages = exact(actions), exact(advantages)
    beta, scale = float(np.float32(beta)), float(np.float32(scale))
    if kind == "gaussian":
        mean, log_std = params.chunk(2, dim=1)
        parts = [Independent(Normal(mean, log_std.clamp(MIN_LOG_STD, MAX_LOG_STD).exp()), 1)]
        chosen = [actions]
    else:
        parts = [Categorical(logits=logits) for logits in params.split(sizes, dim=1)]
        chosen = list(actions.long().T)
    log_prob = sum(part.log_prob(a) for part, a in zip(parts, chosen))
    entropy = sum(part.entropy() for part in parts)
    (scale * (-advantages * log_prob - beta * entropy).sum()).backward()
    return {
        "name": name, "kind": kind, "sizes": sizes, "rows": len(params),
        "params": params.detach().flatten().tolist(), "actions": actions.flatten().tolist(),
        "advantages": advantages.tolist(), "beta": beta, "scale": scale,
        "log_prob": log_prob.tolist(), "entropy": entropy.tolist(),
        "policy_loss": (-advantages * log_prob).sum().item(), "entropy_sum": entropy.sum().item(),
        "gradient": params.grad.flatten().tolist(),
    }


def choices(name, sizes, rows, spread, beta, scale):
    actions = np.stack([rng.integers(n, size=rows) for n in sizes], axis=1)
    params = spread * rng.standard_normal((rows, sum(sizes)))
    return case(name, "categorical", sizes, params, actions, rng.standard_normal(rows), beta, scale)


def gaussian(name, n, log_std, rows, beta, scale):
    mean = rng.standard_normal((rows, n))
    log_std = np.broadcast_to(log_std, (rows, n))
    actions = mean + np.exp(np.clip(log_std, MIN_LOG_STD, MAX_LOG_STD)) * rng.standard_normal((rows, n))
    return case(name, "gaussian", [n], np.concatenate([mean, log_std], axis=1), actions,
                rng.standard_normal(rows), beta, scale)


cases = [
    choices("two actions", [2], 20, 1, 0.01, 1 / 20),
    choices("two actions without entropy", [2], 5, 1, 0, 1),
    choices("eighteen actions", [18], 8, 2, 0.01, 1),
    choices("saturated", [4], 8, 30, 0.5, 1),
    choices("one action", [1], 3, 1, 0.1, 1),
    choices("three choices", [3, 2, 5], 10, 1.5, 0.02, 0.1),
    gaussian("one element", 1, -0.5, 20, 0.001, 1 / 20),
    gaussian("six elements", 6, rng.standard_normal((8, 6)), 8, 0.01, 1),
    # Not at the bounds themselves: clamp stops the gradient there, dist passes it, so that a
    # deviation that starts at its bound can leave it.
    gaussian("inside and beyond the bounds", 4, [-3.0, 1.9, 2.5, 9.0], 6, 0.1, 1),
]
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
