"""A3C on ALE/Pong-v5 in PyTorch, as its users write it, with the network and settings of covey's preset: processes that each
have their own games and copy of the network, and update parameters and Adam's statistics in shared memory without a lock (Hogwild).

Written to be a fast peer: acting skips autograd and torch.distributions, a segment's convolutions are one batch, the optimiser is
fused, each process has one thread. Prints one line of JSON: the steps a second of all processes, once they are warm."""

import argparse
import json
import time

import ale_py
import gymnasium
import numpy as np
import torch
import torch.multiprocessing as mp
from gymnasium.wrappers import AtariPreprocessing
from torch import nn
from torch.nn import functional

GAMMA, LAMBDA, SEGMENT, WARM = 0.99, 0.95, 20, 10  # WARM: segments


class ActorCritic(nn.Module):
    """Four convolutions of 32 filters of 3×3 by 2 on 42×42, an LSTM of 256, and a head of logits and a value."""

    def __init__(self, actions):
        super().__init__()
        layers = []
        for channels in (1, 32, 32, 32):
            layers += [nn.Conv2d(channels, 32, 3, stride=2, padding=1), nn.ReLU()]
        self.tower = nn.Sequential(*layers, nn.Flatten())
        self.lstm = nn.LSTMCell(32 * 3 * 3, 256)
        self.heads = nn.Linear(256, actions + 1)

    def step(self, features, state):
        state = self.lstm(features, state)
        return self.heads(state[0]), state


def fresh(games):
    return torch.zeros(games, 256), torch.zeros(games, 256)


def pixels(frames):
    """[games, 1, 42, 42], each standardized."""
    x = torch.from_numpy(np.stack(frames)).float()[:, None]
    deviation, mean = torch.std_mean(x, (1, 2, 3), correction=0, keepdim=True)
    return (x - mean) / deviation.clamp_(min=1 / 42)


def going_on(state, ended):
    """The state, zeroed in games that ended."""
    if not any(ended):
        return state
    on = torch.tensor([[0.0] if e else [1.0] for e in ended])
    return state[0] * on, state[1] * on


def make(seed):
    env = gymnasium.make("ALE/Pong-v5", frameskip=1, repeat_action_probability=0.0)
    env = AtariPreprocessing(env, noop_max=30, frame_skip=4, screen_size=42)
    return env, env.reset(seed=seed)[0]


def work(rank, args, model, optimizer, steps, barrier):
    torch.set_num_threads(1)
    torch.manual_seed(args.seed * 1000 + rank)
    games = args.games
    envs, screens = map(list, zip(*(make(args.seed * 1000 + rank * games + i) for i in range(games))))
    local = ActorCritic(envs[0].action_space.n)
    state = fresh(games)
    segments, end = 0, None
    while end is None or time.time() < end:
        if segments == WARM:
            barrier.wait()
            end = time.time() + args.seconds
        local.load_state_dict(model.state_dict())
        begin, frames, actions, rewards, ends = state, [], [], [], []
        for _ in range(SEGMENT):
            x = pixels(screens)
            with torch.inference_mode():
                out, state = local.step(local.tower(x), state)
                action = torch.multinomial(torch.softmax(out[:, :-1], 1), 1)
            frames.append(x)
            actions.append(action)
            rewards.append([0.0] * games)
            ends.append([False] * games)
            for i, (env, chosen) in enumerate(zip(envs, action[:, 0].tolist())):
                screens[i], rewards[-1][i], terminated, truncated, _ = env.step(chosen)
                if terminated or truncated:
                    ends[-1][i] = True
                    screens[i], _ = env.reset()
            with torch.inference_mode():
                state = going_on(state, ends[-1])
        with torch.inference_mode():
            last = local.step(local.tower(pixels(screens)), state)[0][:, -1]
        update(local, model, optimizer, begin, torch.cat(frames), torch.cat(actions)[:, 0], torch.tensor(rewards), ends, last)
        segments += 1
        if end is not None:
            with steps.get_lock():
                steps.value += SEGMENT * games


def update(local, model, optimizer, state, frames, actions, rewards, ends, last):
    """One step with the gradient of the local copy; GAE, and the sum of −A log π + ½·½(R − V)² − 0.003 H."""
    features, outs = local.tower(frames).view(SEGMENT, len(last), -1), []
    state = tuple(s.clone() for s in state)  # made in inference mode
    for t, ended in enumerate(ends):
        out, state = local.step(features[t], state)
        outs.append(out)
        state = going_on(state, ended)
    out = torch.cat(outs)
    values = torch.cat([out[:, -1].detach(), last]).view(SEGMENT + 1, -1)
    going = GAMMA * (1 - torch.tensor(ends, dtype=torch.float32))
    advantages, trace = rewards + going * values[1:] - values[:-1], 0.0
    for t in reversed(range(SEGMENT)):
        trace = advantages[t].add_(going[t] * LAMBDA * trace)
    advantage = advantages.flatten()
    target = advantage + out[:, -1].detach()
    log_probs = functional.log_softmax(out[:, :-1], 1)
    chosen = log_probs[torch.arange(len(actions)), actions]
    entropy = -(log_probs.exp() * log_probs).sum()
    loss = -(advantage * chosen).sum() + 0.25 * (target - out[:, -1]).square().sum() - 0.003 * entropy
    local.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(local.parameters(), 40)
    for theirs, ours in zip(model.parameters(), local.parameters()):
        theirs.grad = ours.grad
    optimizer.step()


def shared_adam(model):
    """Adam whose statistics lie in shared memory; one step with gradients of 0 makes them."""
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, fused=True)
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
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--games", type=int, default=1, help="of each worker")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    gymnasium.register_envs(ale_py)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    context = mp.get_context("fork")
    model = ActorCritic(6).share_memory()
    optimizer = shared_adam(model)
    steps, barrier = context.Value("l", 0), context.Barrier(args.workers)
    workers = [context.Process(target=work, args=(i, args, model, optimizer, steps, barrier), daemon=True) for i in range(args.workers)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
        if w.exitcode:
            raise SystemExit(f"a worker died with code {w.exitcode}")
    print(json.dumps({"steps_per_s": steps.value / args.seconds}))


if __name__ == "__main__":
    main()
