"""Writes golden.json: the parameters after each of ten steps, and clipped gradients.

    pip install torch==2.15.0 numpy stable-baselines3==2.9.2 && python golden.py

Computed in float64, from inputs that float32 holds exactly, by torch.optim; RMSProp with epsilon inside
the root by stable-baselines3's port of TensorFlow's. (It imports gymnasium, pandas and matplotlib.)
"""

import json
import pathlib

import numpy as np
import torch
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

rng = np.random.default_rng(20240608)
STEPS, PARAMETERS = 10, 37  # 37: two vectors of sixteen and a tail


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


START = exact(rng.standard_normal(PARAMETERS))
# Gradients whose sizes differ by five orders of magnitude, and some that are zero throughout.
GRADIENTS = exact(rng.standard_normal((STEPS, PARAMETERS)) * 10.0 ** rng.integers(-4, 2, PARAMETERS))
GRADIENTS[:, 5] = 0
RATES = exact(0.01 * (1 - np.arange(STEPS) / STEPS))


def steps(name, config, make):
    params = START.clone().requires_grad_()
    optimizer = make([params])
    after = []
    for rate, gradient in zip(RATES, GRADIENTS):
        optimizer.param_groups[0]["lr"] = rate.item()
        params.grad = gradient.clone()
        optimizer.step()
        after.append(params.detach().tolist())
    return {"name": name, "config": config, "params": after}


def clip(gradient, limit):
    gradient = exact(gradient)
    p = torch.zeros_like(gradient, requires_grad=True)
    p.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_([p], limit)
    return {"gradient": gradient.tolist(), "limit": limit, "norm": norm.item(), "clipped": p.grad.tolist()}


cases = [
    steps("sgd", {"Kind": "sgd"}, lambda p: torch.optim.SGD(p, lr=1)),
    steps("sgd with momentum", {"Kind": "sgd", "Momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=1, momentum=0.9)),
    steps("adam", {"Kind": "adam", "Beta1": 0.9, "Beta2": 0.999, "Epsilon": 1e-8},
          lambda p: torch.optim.Adam(p, lr=1, betas=(0.9, 0.999), eps=1e-8)),
    steps("adam with large epsilon", {"Kind": "adam", "Beta1": 0.5, "Beta2": 0.9, "Epsilon": 1e-2},
          lambda p: torch.optim.Adam(p, lr=1, betas=(0.5, 0.9), eps=1e-2)),
    steps("rmsprop outside", {"Kind": "rmsprop", "Decay": 0.99, "Epsilon": 1e-5, "EpsilonInside": False},
          lambda p: torch.optim.RMSprop(p, lr=1, alpha=0.99, eps=1e-5)),
    steps("rmsprop inside", {"Kind": "rmsprop", "Decay": 0.99, "Epsilon": 0.1, "EpsilonInside": True},
          lambda p: RMSpropTFLike(p, lr=1, alpha=0.99, eps=0.1)),
]
clips = [clip(rng.standard_normal(37) * spread, limit) for spread, limit in [(1, 0.5), (100, 40.0), (0.01, 0.5)]]
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps({
    "start": START.tolist(), "gradients": GRADIENTS.tolist(), "rates": RATES.tolist(),
    "steps": cases, "clips": clips,
}, indent=None).replace("], ", "],\n").replace('}, ', "},\n") + "\n")
