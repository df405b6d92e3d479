"""Writes golden.json: whole DDPG and TD3 updates, from batches to parameters.

    pip install torch==2.15.0 numpy && python golden.py

Networks, losses and optimisers are PyTorch's, in float64, from inputs that float32 holds exactly.
"""

import json
import pathlib

import numpy as np
import torch

N, OBS, ACT, UPDATES = 6, 3, 2, 4
rng = np.random.default_rng(20260712)


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


def q(critic, obs, action):
    return mlp(critic, torch.cat([obs, action], 1))[:, 0]


def near(params):
    return [exact(p.detach().numpy() + 0.1 * rng.normal(size=p.shape)) for p in params]


def case(name, cfg):
    leaf = lambda xs: [x.clone().requires_grad_() for x in xs]
    actor, critics = leaf(layers([OBS, 8, 5, ACT])), [leaf(layers([OBS + ACT, 8, 5, 1])) for _ in range(2 if cfg["twin"] else 1)]
    actor_target, critic_targets = near(actor), [near(c) for c in critics]
    start = {"actor": flat(actor), "actor_target": flat(actor_target),
             "critics": [flat(c) for c in critics], "critic_targets": [flat(c) for c in critic_targets]}
    make = lambda params, lr: torch.optim.Adam(params, lr=lr) if cfg["optimizer"] == "adam" else torch.optim.SGD(params, lr=lr)
    actor_opt, critic_opts = make(actor, cfg["learning_rate"]), [make(c, cfg["critic_rate"]) for c in critics]
    updates = []
    for step in range(1, UPDATES + 1):
        b = {
            "observations": exact(rng.normal(size=(N, OBS))), "actions": exact(rng.uniform(-1, 1, size=(N, ACT))),
            "rewards": exact(rng.normal(size=N)), "next": exact(rng.normal(size=(N, OBS))),
            # γ, and 0 where the episode terminated
            "discounts": exact(np.where(rng.random(N) < 0.3, 0, 0.97)),
            "noise": exact(0.2 * rng.normal(size=(N, ACT)) if cfg["smooth"] else np.zeros((N, ACT))),
        }
        with torch.no_grad():
            action = (torch.tanh(mlp(actor_target, b["next"])) + b["noise"]).clamp(-1, 1)
            value = torch.stack([q(t, b["next"], action) for t in critic_targets]).min(0).values
            y = b["rewards"] + b["discounts"] * value
        critic_loss = 0
        for critic, opt in zip(critics, critic_opts):
            loss = (0.5 * (q(critic, b["observations"], b["actions"]) - y) ** 2).mean()
            opt.zero_grad(), loss.backward(), opt.step()
            critic_loss += loss.item() / len(critics)
        if step % cfg["delay"] == 0:
            loss = -q(critics[0], b["observations"], torch.tanh(mlp(actor, b["observations"]))).mean()
            actor_opt.zero_grad(), loss.backward(), actor_opt.step()
            actor_loss = loss.item()
            with torch.no_grad():
                for params, targets in zip([actor, *critics], [actor_target, *critic_targets]):
                    for p, t in zip(params, targets):
                        t += cfg["tau"] * (p - t)
        elif step == 1:
            actor_loss = 0.0
        updates.append({k: v.reshape(-1).tolist() for k, v in b.items()} | {
            "y": y.tolist(), "critic_loss": critic_loss, "actor_loss": actor_loss,
            "actor": flat(actor), "actor_target": flat(actor_target),
            "critics": [flat(c) for c in critics], "critic_targets": [flat(t) for t in critic_targets],
        })
    return {"name": name, "config": cfg, "start": start, "updates": updates}


def config(**cfg):
    return {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in cfg.items()}


cases = [
    case("ddpg, sgd", config(optimizer="sgd", twin=False, delay=1, smooth=False, tau=0.05, learning_rate=0.1, critic_rate=0.05)),
    case("ddpg, adam", config(optimizer="adam", twin=False, delay=1, smooth=False, tau=1.0, learning_rate=0.003, critic_rate=0.005)),
    case("td3, sgd", config(optimizer="sgd", twin=True, delay=2, smooth=True, tau=0.05, learning_rate=0.1, critic_rate=0.05)),
]
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
