"""Writes golden.json: whole DQN updates, from batches to parameters.

    pip install torch==2.15.0 numpy && python golden.py

Networks, losses and optimisers are PyTorch's, in float64, from inputs that float32 holds exactly.
"""

import json
import pathlib

import numpy as np
import torch

N, OBS, ACT, UPDATES = 7, 3, 4, 3
rng = np.random.default_rng(20260713)


def exact(x):
    """x rounded to float32, as float64."""
    return torch.tensor(np.asarray(x, np.float32).astype(np.float64))


def layers(sizes):
    out = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        out += [exact(rng.normal(size=(n_in, n_out)) / n_in**0.5), exact(rng.normal(size=n_out) * 0.1)]
    return out


def flat(xs):
    return torch.cat([x.detach().reshape(-1) for x in xs]).tolist()


def q(params, x, dueling):
    for i in range(0, len(params), 2):
        x = x @ params[i] + params[i + 1]
        if i + 2 < len(params):
            x = torch.relu(x)
    if dueling:
        value, advantage = x[:, :1], x[:, 1:]
        return value + advantage - advantage.mean(1, keepdim=True)
    return x


def case(name, cfg):
    params = [p.requires_grad_() for p in layers([OBS, 8, 5, ACT + cfg["dueling"]])]
    target = [exact(p.detach().numpy() + 0.3 * rng.normal(size=p.shape)) for p in params]
    start = {"params": flat(params), "target": flat(target)}
    opt = (torch.optim.Adam if cfg["optimizer"] == "adam" else torch.optim.SGD)(params, lr=cfg["learning_rate"])
    updates = []
    for step in range(1, UPDATES + 1):
        b = {
            "observations": exact(rng.normal(size=(N, OBS))), "actions": exact(rng.integers(0, ACT, size=N)),
            "rewards": exact(2 * rng.normal(size=N)), "next": exact(rng.normal(size=(N, OBS))),
            # γ, and 0 where the episode terminated
            "discounts": exact(np.where(rng.random(N) < 0.3, 0, 0.97)),
        }
        with torch.no_grad():
            following = q(target, b["next"], cfg["dueling"])
            chooser = q(params, b["next"], cfg["dueling"]) if cfg["double"] else following
            y = b["rewards"] + b["discounts"] * following.gather(1, chooser.argmax(1, keepdim=True))[:, 0]
        value = q(params, b["observations"], cfg["dueling"]).gather(1, b["actions"].long()[:, None])[:, 0]
        loss = torch.nn.functional.smooth_l1_loss(value, y) if cfg["loss"] == "huber" else (0.5 * (value - y) ** 2).mean()
        opt.zero_grad(), loss.backward(), opt.step()
        with torch.no_grad():
            for p, t in zip(params, target):
                if cfg["target_every"] == 0:
                    t += cfg["tau"] * (p - t)
                elif step % cfg["target_every"] == 0:
                    t.copy_(p)
        updates.append({k: v.reshape(-1).tolist() for k, v in b.items()} | {
            "y": y.tolist(), "loss": loss.item(), "params": flat(params), "target": flat(target)})
    return {"name": name, "config": cfg, "start": start, "updates": updates}


def config(**cfg):
    return {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in cfg.items()}


cases = [
    case("plain", config(optimizer="sgd", loss="mse", double=False, dueling=False, target_every=2, tau=0.0, learning_rate=0.1)),
    case("double, huber, adam", config(optimizer="adam", loss="huber", double=True, dueling=False, target_every=0, tau=0.1, learning_rate=0.005)),
    case("double, dueling, huber", config(optimizer="sgd", loss="huber", double=True, dueling=True, target_every=0, tau=0.1, learning_rate=0.1)),
]
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
