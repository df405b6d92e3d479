"""Writes golden.json: whole A3C updates, from segments to parameters.

    pip install torch==2.15.0 numpy && python golden.py

Networks, losses and Adam are PyTorch's, in float64, from inputs that float32 holds exactly. Advantages are
summed as the paper writes them, once for every step, looking forward to where its episode was cut.
"""

import json
import pathlib

import numpy as np
import torch

T, B, OBS, SEGMENTS = 6, 2, 3, 3
rng = np.random.default_rng(20260417)


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


def layers(sizes):
    out = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        out += [exact(rng.normal(size=(n_in, n_out)) / n_in**0.5), exact(rng.normal(size=n_out) * 0.1)]
    return out


def mlp(params, x, act):
    for i in range(0, len(params), 2):
        x = x @ params[i] + params[i + 1]
        if i + 2 < len(params):
            x = act(x)
    return x


def segment(actions):
    """One segment: mostly ordinary steps, with both endings, one of them in the last row."""
    terminated, truncated = rng.random((T, B)) < 0.15, rng.random((T, B)) < 0.2
    truncated &= ~terminated
    terminated[1, 0], truncated[T - 1, 1], terminated[T - 1, 1], truncated[2, 1], terminated[2, 1] = True, True, False, True, False
    truncated[1, 0] = False
    return {
        "observations": exact(rng.normal(size=(T + 1, B, OBS))),
        "actions": actions(),
        "rewards": exact(rng.normal(size=(T, B))),
        "terminated": terminated,
        "truncated": truncated,
        "final": exact(rng.normal(size=(int(truncated.sum()), OBS))),
    }


def advantages(s, value, cfg):
    """A_t = sum over k of (gamma*lambda)^k delta_(t+k), until the episode's end or the segment's."""
    v = value(s["observations"])
    followed, cut = torch.zeros(T, B, dtype=torch.float64), 0
    for t in range(T):
        for b in range(B):
            if s["terminated"][t, b]:
                followed[t, b] = 0
            elif s["truncated"][t, b]:
                followed[t, b] = value(s["final"][cut])
                cut += 1
            else:
                followed[t, b] = v[t + 1, b]
    delta = s["rewards"] + cfg["gamma"] * followed - v[:T]
    adv = torch.zeros(T, B, dtype=torch.float64)
    for t in range(T):
        for b in range(B):
            for k in range(t, T):
                adv[t, b] += (cfg["gamma"] * cfg["lambda"]) ** (k - t) * delta[k, b]
                if s["terminated"][k, b] or s["truncated"][k, b]:
                    break
    return adv, adv + v[:T]


def case(name, cfg, params, forward, distribution, actions):
    params = [p.clone().requires_grad_() for p in params]
    flat = lambda xs: torch.cat([x.reshape(-1) for x in xs]).tolist()
    start = flat([p.detach() for p in params])
    adam = torch.optim.Adam(params, lr=cfg["learning_rate"])
    segments = []
    for _ in range(SEGMENTS):
        s = segment(actions)
        with torch.no_grad():
            adv, target = advantages(s, lambda x: forward(params, x)[..., 0], cfg)
        out = forward(params, s["observations"][:T])
        pi = distribution(out[..., 1:])
        policy = -(adv * pi.log_prob(s["actions"])) - cfg["entropy_weight"] * pi.entropy()
        error = target - out[..., 0]
        value = torch.nn.functional.smooth_l1_loss(out[..., 0], target, reduction="none") if cfg["value_loss"] == "huber" else 0.5 * error**2
        loss = policy + cfg["value_weight"] * value
        loss = loss.mean() if cfg["reduction"] == "mean" else loss.sum()
        adam.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(params, cfg["clip_norm"])
        gradient = flat([p.grad for p in params])
        adam.step()
        segments.append({k: (v.numpy() if torch.is_tensor(v) else v).reshape(-1).tolist() for k, v in s.items()} | {
            "advantages": flat([adv]), "targets": flat([target]), "gradient_norm": float(norm),
            "gradient": gradient, "params": flat([p.detach() for p in params]),
        })
    return {"name": name, "config": cfg, "start": start, "segments": segments}


def exact_config(**cfg):
    return {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in cfg.items()}


categorical = case(
    "categorical, shared, mean",
    exact_config(**{"lambda": 0.9}, gamma=0.95, entropy_weight=0.03, value_weight=0.5, value_loss="mse", reduction="mean", clip_norm=0.2, learning_rate=0.01),
    layers([OBS, 8, 5, 3]),
    lambda p, x: mlp(p, x, torch.relu),
    lambda out: torch.distributions.Categorical(logits=out),
    lambda: torch.tensor(rng.integers(0, 2, size=(T, B)), dtype=torch.float64),
)

value_net, policy_net, log_std = layers([OBS, 7, 1]), layers([OBS, 7, 2]), [exact([-0.3, 0.2])]
n = len(value_net)
gaussian = case(
    "Gaussian, separate, sum, huber",
    exact_config(**{"lambda": 1.0}, gamma=0.99, entropy_weight=0.01, value_weight=1.0, value_loss="huber", reduction="sum", clip_norm=40.0, learning_rate=0.003),
    value_net + policy_net + log_std,
    lambda p, x: torch.cat([mlp(p[:n], x, torch.tanh), mlp(p[n : 2 * n], x, torch.tanh), p[2 * n].expand(*x.shape[:-1], 2)], -1),
    lambda out: torch.distributions.Independent(torch.distributions.Normal(out[..., :2], out[..., 2:].exp()), 1),
    lambda: exact(rng.normal(size=(T, B, 2))),
)

pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps([categorical, gaussian], indent=1) + "\n")
