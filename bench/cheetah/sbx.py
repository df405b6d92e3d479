"""SAC of SBX on Gymnasium's HalfCheetah-v5, one update per step: the time of each block of steps of learn(), once
everything is compiled. Prints one line of JSON."""

import argparse
import json
import time

from sbx import SAC
from stable_baselines3.common.callbacks import BaseCallback

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--steps", type=int, default=500, help="of one measurement")
parser.add_argument("--repeats", type=int, default=3)
args = parser.parse_args()
WARM = 1000


class Clock(BaseCallback):
    """Notes the time every so many steps of learning, the first of which compiles."""

    def __init__(self):
        super().__init__()
        self.times = []

    def _on_step(self):
        if self.num_timesteps > WARM and (self.num_timesteps - WARM) % args.steps == 0:
            self.times.append(time.perf_counter())
        return True


agent = SAC(
    "MlpPolicy",
    "HalfCheetah-v5",
    learning_rate=3e-4,
    buffer_size=200_000,
    learning_starts=WARM,
    batch_size=256,
    tau=0.005,
    gamma=0.99,
    train_freq=1,
    gradient_steps=1,
    policy_kwargs={"net_arch": [256, 256]},
    seed=args.seed,
)
clock = Clock()
agent.learn(WARM + args.steps * (args.repeats + 1), callback=clock)
print(json.dumps({"seconds": [(b - a) / args.steps for a, b in zip(clock.times, clock.times[1:])]}))
