"""SAC of Stable-Baselines3 and SBX on Pendulum-v1: the time of train() alone, which samples and updates, and
that of learn(), which acts too. Prints one line of JSON."""

import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("library", choices=["sb3", "sbx"])
parser.add_argument("--hidden", type=int, default=256)
parser.add_argument("--batch", type=int, default=256)
parser.add_argument("--cores", type=int, default=0, help="1: stay on one core; 0: on all")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--updates", type=int, default=200, help="of one measurement")
parser.add_argument("--repeats", type=int, default=5)
args = parser.parse_args()
if args.cores == 1:  # before XLA counts them
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402

if args.library == "sb3":
    import torch
    from stable_baselines3 import SAC

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    extra = {"device": "cpu"}
else:
    from sbx import SAC

    extra = {}


class Clock(BaseCallback):
    """Notes the time every so many steps, once everything is compiled and warm."""

    def __init__(self):
        super().__init__()
        self.times = []

    def _on_step(self):
        after = self.num_timesteps - WARM
        if after >= 0 and after % args.updates == 0:
            self.times.append(time.perf_counter())
        return True


WARM = args.batch + 50
model = SAC(
    "MlpPolicy", "Pendulum-v1", seed=args.seed, batch_size=args.batch, learning_starts=args.batch,
    policy_kwargs={"net_arch": [args.hidden, args.hidden]}, **extra,
)
clock = Clock()
model.learn(WARM + args.updates * args.repeats, callback=clock)
loop = [(b - a) / args.updates for a, b in zip(clock.times, clock.times[1:])]

update = []
for _ in range(args.repeats):
    began = time.perf_counter()
    for _ in range(args.updates):
        model.train(gradient_steps=1, batch_size=args.batch)
    if args.library == "sbx":  # wait for what JAX has only queued
        import jax

        jax.block_until_ready(model.policy.actor_state.params)
        jax.block_until_ready(model.policy.qf_state.params)
    update.append((time.perf_counter() - began) / args.updates)
print(json.dumps({"update_s": update, "loop_s": loop}))
