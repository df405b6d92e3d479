"""SAC in PyTorch, as its users write it, beside covey's: two critics with targets, a tanh-squashed Gaussian
actor, a learned temperature, one update per step. Times the update alone, and the loop of acting in
Gymnasium's Pendulum-v1, sampling from a replay and updating.

Written to be a fast peer: fused optimisers, targets moved by one call for all tensors, acting without
autograd and torch.distributions. Prints one line of JSON."""

import argparse
import json
import math
import time

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.nn import functional

parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int, default=256)
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--updates", type=int, default=200, help="of one measurement")
parser.add_argument("--repeats", type=int, default=5)
args = parser.parse_args()

OBSERVATION, ACTION, SCALE = 3, 1, 2.0
GAMMA, TAU, RATE = 0.99, 0.005, 3e-4


def mlp(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, args.hidden), nn.ReLU(), nn.Linear(args.hidden, args.hidden), nn.ReLU(), nn.Linear(args.hidden, outputs)
    )


class SAC:
    def __init__(self):
        self.actor = mlp(OBSERVATION, 2 * ACTION)
        self.critics = nn.ModuleList([mlp(OBSERVATION + ACTION, 1) for _ in range(2)])
        self.targets = nn.ModuleList([mlp(OBSERVATION + ACTION, 1) for _ in range(2)])
        self.targets.load_state_dict(self.critics.state_dict())
        self.targets.requires_grad_(False)
        self.log_alpha = torch.zeros(1, requires_grad=True)
        self.critic_params, self.target_params = list(self.critics.parameters()), list(self.targets.parameters())
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), lr=RATE, fused=True)
        self.critic_adam = torch.optim.Adam(self.critic_params, lr=RATE, fused=True)
        self.alpha_adam = torch.optim.Adam([self.log_alpha], lr=RATE, fused=True)

    def sample(self, obs):
        """Actions in [-1, 1], and their log-probabilities."""
        mean, log_std = self.actor(obs).chunk(2, -1)
        log_std = log_std.clamp(-20, 2)
        noise = torch.randn_like(mean)
        u = mean + log_std.exp() * noise
        log_prob = -0.5 * noise.square() - log_std - 0.5 * math.log(2 * math.pi)
        log_prob = log_prob - 2 * (math.log(2) - u - functional.softplus(-2 * u))
        return torch.tanh(u), log_prob.sum(-1, keepdim=True)

    def update(self, obs, actions, rewards, discounts, following):
        with torch.no_grad():
            alpha = self.log_alpha.exp()
            a, log_prob = self.sample(following)
            x = torch.cat([following, a], 1)
            y = rewards + discounts * (torch.min(self.targets[0](x), self.targets[1](x)) - alpha * log_prob)
        x = torch.cat([obs, actions], 1)
        loss = functional.mse_loss(self.critics[0](x), y) + functional.mse_loss(self.critics[1](x), y)
        self.critic_adam.zero_grad()
        loss.backward()
        self.critic_adam.step()

        a, log_prob = self.sample(obs)
        x = torch.cat([obs, a], 1)
        self.critics.requires_grad_(False)
        loss = (alpha * log_prob - torch.min(self.critics[0](x), self.critics[1](x))).mean()
        self.actor_adam.zero_grad()
        loss.backward()
        self.actor_adam.step()
        self.critics.requires_grad_(True)

        loss = -(self.log_alpha * (log_prob.detach() - ACTION)).mean()
        self.alpha_adam.zero_grad()
        loss.backward()
        self.alpha_adam.step()
        torch._foreach_lerp_(self.target_params, self.critic_params, TAU)


def batches(n):
    """What a batch of n transitions looks like."""
    return (
        torch.randn(n, OBSERVATION), torch.rand(n, ACTION) * 2 - 1, torch.randn(n, 1),
        torch.full((n, 1), GAMMA), torch.randn(n, OBSERVATION),
    )


def seconds_per_call(call):
    for _ in range(20):
        call()
    measured = []
    for _ in range(args.repeats):
        began = time.perf_counter()
        for _ in range(args.updates):
            call()
        measured.append((time.perf_counter() - began) / args.updates)
    return measured


class Loop:
    """Acts, remembers and updates."""

    def __init__(self, sac):
        self.sac, self.rng = sac, np.random.default_rng(args.seed)
        capacity = 1_000_000
        self.columns = [torch.zeros(capacity, n) for n in (OBSERVATION, ACTION, 1, 1, OBSERVATION)]
        self.n = 0
        self.env = gymnasium.make("Pendulum-v1")
        self.obs, _ = self.env.reset(seed=args.seed)
        for _ in range(args.batch):
            self.act(self.rng.uniform(-1, 1, ACTION).astype(np.float32))

    def act(self, action):
        following, reward, terminated, truncated, _ = self.env.step(action * SCALE)
        row = (self.obs, action, reward, 0.0 if terminated else GAMMA, following)
        for column, value in zip(self.columns, row):
            column[self.n] = torch.as_tensor(value)
        self.n += 1
        self.obs = self.env.reset()[0] if terminated or truncated else following

    def step(self):
        with torch.inference_mode():
            action, _ = self.sac.sample(torch.from_numpy(self.obs)[None])
        self.act(action[0].numpy())
        rows = torch.from_numpy(self.rng.integers(self.n, size=args.batch))
        self.sac.update(*(column[rows] for column in self.columns))


torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
batch = batches(args.batch)
fixed = SAC()
result = {"update_s": seconds_per_call(lambda: fixed.update(*batch))}
result["loop_s"] = seconds_per_call(Loop(SAC()).step)
print(json.dumps(result))
