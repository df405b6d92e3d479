"""A3C on CartPole-v1 in PyTorch, as its users write it, with the settings of covey's row of one
environment a worker: W processes, each with its own copy of the network, update the parameters and
the statistics of Adam that lie in shared memory, without a lock (Hogwild).

Written to be a fast peer: acting skips autograd and torch.distributions, the optimiser is fused, each
process has one thread. Prints one line of JSON."""

import argparse
import ctypes
import json
import math
import multiprocessing.sharedctypes
import os
import random
import time

import gymnasium
import torch
import torch.multiprocessing as mp
from torch import nn


class ActorCritic(nn.Module):
    """A shared trunk 4-128-128 of ReLU with two logits and a value."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.heads = nn.Linear(128, 3)  # logit, logit, value
        for layer, gain in ((self.trunk[0], 2**0.5), (self.trunk[2], 2**0.5), (self.heads, 1.0)):
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.heads.weight[:2] *= 0.1

    def forward(self, x):
        return self.heads(self.trunk(x))


class Shared:
    """What the processes share beside the parameters: counters, and the last 100 returns."""

    def __init__(self, context):
        self.lock = context.Lock()
        raw = multiprocessing.sharedctypes.RawArray
        self.returns = raw(ctypes.c_double, 100)
        self.numbers = raw(ctypes.c_double, 4)  # steps, episodes, seconds and steps at which it was solved

    def episode(self, value, args):
        with self.lock:
            n = int(self.numbers[1])
            self.returns[n % 100] = value
            self.numbers[1] = n + 1
            if n + 1 >= 100 and sum(self.returns) >= 100 * args.solve_at and not self.numbers[2]:
                self.numbers[2] = time.time() - args.start
                self.numbers[3] = self.numbers[0]

    def add_steps(self, n):
        with self.lock:
            self.numbers[0] += n
            return self.numbers[0]


def work(rank, args, model, optimizer, shared, barrier):
    torch.set_num_threads(1)
    torch.manual_seed(args.seed * 1000 + rank)
    rng = random.Random(args.seed * 1000 + rank)
    local = ActorCritic()
    env = gymnasium.make("CartPole-v1")
    obs, _ = env.reset(seed=args.seed * 1000 + rank)
    total, steps = 0.0, 0
    barrier.wait()
    while steps < args.steps and not (args.until_solved and shared.numbers[2]):
        local.load_state_dict(model.state_dict())
        observations, actions, rewards, bootstraps, ends = [], [], [], [], []
        for _ in range(args.segment):
            x = torch.from_numpy(obs)
            with torch.inference_mode():
                left, right, _ = local(x).tolist()
            action = int(rng.random() < sigmoid(right - left))
            observations.append(x)
            obs, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            actions.append(action)
            rewards.append(float(reward) * args.reward_scale)
            ends.append(terminated or truncated)
            bootstraps.append(0.0)
            if truncated and not terminated:
                bootstraps[-1] = value_of(local, obs)
            if ends[-1]:
                shared.episode(total, args)
                total = 0.0
                obs, _ = env.reset()
        update(local, model, optimizer, args, torch.stack(observations), actions, rewards, bootstraps, ends, value_of(local, obs))
        steps = shared.add_steps(args.segment)
        optimizer.param_groups[0]["lr"] = args.lr * max(0.0, 1 - steps / args.anneal_steps)


def sigmoid(x):
    """Of one number; as a tensor it would cost twenty times as much."""
    return 1 / (1 + math.exp(-x)) if x > -60 else 0.0


def value_of(model, obs):
    with torch.inference_mode():
        return model(torch.from_numpy(obs))[2].item()


def update(local, model, optimizer, args, observations, actions, rewards, bootstraps, ends, last):
    """One step with the gradient of the local copy; GAE, and the mean of −A log π + ½·½(R − V)²."""
    out = local(observations)
    values = out[:, 2].tolist()
    advantages, trace = [0.0] * len(rewards), 0.0
    for t in reversed(range(len(rewards))):
        following = values[t + 1] if t + 1 < len(rewards) else last
        following = bootstraps[t] if ends[t] else following
        delta = rewards[t] + args.gamma * following - values[t]
        trace = delta + (0.0 if ends[t] else args.gamma * args.lam * trace)
        advantages[t] = trace
    advantage = torch.tensor(advantages)
    target = advantage + out[:, 2].detach()
    log_prob = torch.log_softmax(out[:, :2], 1)[torch.arange(len(actions)), torch.tensor(actions)]
    loss = -(advantage * log_prob).mean() + 0.25 * (target - out[:, 2]).square().mean()
    local.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(local.parameters(), 0.5)
    for theirs, ours in zip(model.parameters(), local.parameters()):
        theirs.grad = ours.grad
    optimizer.step()


def shared_adam(model, lr):
    """Adam whose statistics lie in shared memory; one step with gradients of 0 makes them."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for p in model.parameters():
        p.grad = None
        for name, value in optimizer.state[p].items():
            value.zero_()
            optimizer.state[p][name] = value.share_memory_()
    return optimizer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=400_000)
    parser.add_argument("--anneal-steps", type=int, default=0)
    parser.add_argument("--until-solved", action="store_true")
    parser.add_argument("--solve-at", type=float, default=475)
    parser.add_argument("--segment", type=int, default=20)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--reward-scale", type=float, default=0.02)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--lam", type=float, default=0.95)
    args = parser.parse_args()
    args.anneal_steps = args.anneal_steps or args.steps
    args.start = float(os.environ.get("COVEY_BENCH_START", time.time() * 1e9)) / 1e9

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    context = mp.get_context("fork")  # starts at once: the children import nothing again
    model = ActorCritic().share_memory()
    optimizer = shared_adam(model, args.lr)
    shared = Shared(context)
    barrier = context.Barrier(args.workers + 1)
    workers = [context.Process(target=work, args=(i, args, model, optimizer, shared, barrier), daemon=True) for i in range(args.workers)]
    for w in workers:
        w.start()
    barrier.wait()
    began = time.time()
    for w in workers:
        w.join()
        if w.exitcode:
            raise SystemExit(f"a worker died with code {w.exitcode}")
    wall = time.time() - began
    steps, episodes, solved_s, solved_steps = shared.numbers
    print(json.dumps({
        "env_steps": int(steps), "episodes": int(episodes), "wall_s": wall, "steps_per_s": steps / wall,
        "train_return_mean_100": sum(shared.returns) / 100,
        "solved": bool(solved_s), "solved_at_s": solved_s, "solved_at_steps": int(solved_steps),
    }))


if __name__ == "__main__":
    main()
