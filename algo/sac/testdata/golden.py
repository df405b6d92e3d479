"""Writes golden.json: whole SAC updates, from batches to parameters.

    pip install torch==2.15.0 numpy && python golden.py

Networks, losses and optimisers are PyTorch's, in float64, from inputs that float32 holds exactly.
"""

import json
import pathlib

import numpy as np
import torch
from torch.distributions import Independent, Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

N, OBS, ACT, UPDATES = 6, 3, 2, 3
rng = np.random.default_rng(20260612)


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


def layers(sizes):
    out = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        out += [exact(rng.normal(size=(n_in, n_out)) / n_in**0.5), exact(rng.normal(size=n_out) * 0.1)]
    return out


def mlp(params, x):
    for i in range(0, len(params), 2):
        x = x @ params[i] + params[i + 1]
        if i + 2 < len(params):
            x = torch.relu(x)
    return x


def flat(xs):
    return torch.cat([x.detach().reshape(-1) for x in xs]).tolist()


def sample(actor, obs, noise, log_std_bound):
    mean, raw = mlp(actor, obs).chunk(2, dim=1)
    log_std = raw.clamp(-20, 2) if log_std_bound == "clamp" else -5 + 3.5 * (torch.tanh(raw) + 1)
    squash = TanhTransform(cache_size=1)
    action = squash(mean + log_std.exp() * noise)
    pi = TransformedDistribution(Independent(Normal(mean, log_std.exp()), 1), [squash])
    return action, pi.log_prob(action)


def q(critic, obs, action):
    return mlp(critic, torch.cat([obs, action], 1))[:, 0]


def batch():
    return {
        "observations": exact(rng.normal(size=(N, OBS))), "actions": exact(rng.uniform(-1, 1, size=(N, ACT))),
        "rewards": exact(rng.normal(size=N)), "next": exact(rng.normal(size=(N, OBS))),
        # γ, and 0 where the episode terminated
        "discounts": exact(np.where(rng.random(N) < 0.3, 0, 0.97)),
        "next_noise": exact(rng.normal(size=(N, ACT))), "noise": exact(rng.normal(size=(N, ACT))),
    }


def case(name, cfg):
    leaf = lambda xs: [x.clone().requires_grad_() for x in xs]
    actor, critics = leaf(layers([OBS, 8, 5, 2 * ACT])), [leaf(layers([OBS + ACT, 8, 5, 1])) for _ in range(2)]
    targets = [[p.detach().clone() + 0.1 * exact(rng.normal(size=p.shape)) for p in c] for c in critics]
    targets = [[exact(p) for p in c] for c in targets]
    log_alpha = torch.tensor(np.log(cfg["alpha"]), dtype=torch.float64, requires_grad=True)
    start = {"actor": flat(actor), "critics": [flat(c) for c in critics], "targets": [flat(c) for c in targets]}
    make = lambda params, lr: torch.optim.Adam(params, lr=lr) if cfg["optimizer"] == "adam" else torch.optim.SGD(params, lr=lr)
    actor_opt, alpha_opt = make(actor, cfg["learning_rate"]), make([log_alpha], cfg["temperature_rate"])
    critic_opts = [make(c, cfg["critic_rate"]) for c in critics]
    updates = []
    for _ in range(UPDATES):
        b = batch()
        alpha = log_alpha.exp().detach()
        with torch.no_grad():
            action, log_prob = sample(actor, b["next"], b["next_noise"], cfg["log_std"])
            value = torch.min(*(q(t, b["next"], action) for t in targets)) - alpha * log_prob
            y = b["rewards"] + b["discounts"] * value
        critic_loss = 0
        for critic, opt in zip(critics, critic_opts):
            loss = (0.5 * (q(critic, b["observations"], b["actions"]) - y) ** 2).mean()
            opt.zero_grad(), loss.backward(), opt.step()
            critic_loss += loss.item() / 2
        with torch.no_grad():
            for critic, target in zip(critics, targets):
                for p, t in zip(critic, target):
                    t += cfg["tau"] * (p - t)
        action, log_prob = sample(actor, b["observations"], b["noise"], cfg["log_std"])
        actor_loss = (alpha * log_prob - torch.min(*(q(c, b["observations"], action) for c in critics))).mean()
        actor_opt.zero_grad(), actor_loss.backward(), actor_opt.step()
        if not cfg["fixed"]:
            alpha_loss = -(log_alpha * (log_prob.detach() + cfg["target"])).mean()
            alpha_opt.zero_grad(), alpha_loss.backward(), alpha_opt.step()
        updates.append({k: v.reshape(-1).tolist() for k, v in b.items()} | {
            "y": y.tolist(), "critic_loss": critic_loss, "actor_loss": actor_loss.item(), "entropy": -log_prob.mean().item(),
            "actor": flat(actor), "critics": [flat(c) for c in critics], "targets": [flat(t) for t in targets],
            "alpha": log_alpha.exp().item(),
        })
    return {"name": name, "config": cfg, "start": start, "updates": updates}


def config(**cfg):
    return {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in cfg.items()}


cases = [
    case("adam, clamped, learned temperature", config(optimizer="adam", log_std="clamp", fixed=False, alpha=0.7, target=-2.0, tau=0.05,
                                                      learning_rate=0.003, critic_rate=0.005, temperature_rate=0.01)),
    case("sgd, mapped, learned temperature", config(optimizer="sgd", log_std="tanh", fixed=False, alpha=0.2, target=-1.0, tau=1.0,
                                                    learning_rate=0.1, critic_rate=0.05, temperature_rate=0.1)),
    case("sgd, clamped, fixed temperature", config(optimizer="sgd", log_std="clamp", fixed=True, alpha=0.2, target=-2.0, tau=0.005,
                                                   learning_rate=0.1, critic_rate=0.05, temperature_rate=0.1)),
]
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
