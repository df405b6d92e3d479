"""SAC of SBX on Gymnasium's HalfCheetah-v5, one update per step: the steps a second of learn(), once everything is
compiled. Prints one line of JSON."""

import argparse
import json
import time

from sbx import SAC
from stable_baselines3.common.callbacks import BaseCallback

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=20)
args = parser.parse_args()
WARM = 1000


class Clock(BaseCallback):
    """Counts steps from when all is compiled until the time is up."""

    def _on_step(self):
        if self.num_timesteps == WARM + 200:
            self.begun = time.perf_counter()
        self.steps = self.num_timesteps - WARM - 200
        self.taken = time.perf_counter() - self.begun if self.steps >= 0 else 0
        return self.taken < args.seconds


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
agent.learn(10**9, callback=clock)
print(json.dumps({"steps_per_s": clock.steps / clock.taken}))
