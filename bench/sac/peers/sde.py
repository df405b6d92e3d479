"""SAC of Stable-Baselines3 with generalised state-dependent exploration (gSDE) on MountainCarContinuous-v0, with the
hyperparameters that RL Zoo publishes. Prints a line of JSON: greedy evaluations of 20 episodes at each 2,000 steps,
one of 100 episodes at the end, and the time that training took."""

import argparse
import json
import time

import torch
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--steps", type=int, default=50_000)
args = parser.parse_args()
torch.set_num_threads(1)
ENV = "MountainCarContinuous-v0"
played = make_vec_env(ENV, seed=1000 + args.seed)


class Evaluate(BaseCallback):
    """Notes [steps, mean return] every 2,000 steps; its time does not count."""

    def __init__(self):
        super().__init__()
        self.means, self.aside = [], 0.0

    def _on_step(self):
        if self.num_timesteps % 2000 == 0:
            began = time.perf_counter()
            self.means.append([self.num_timesteps, evaluate_policy(self.model, played, 20)[0]])
            self.aside += time.perf_counter() - began
        return True


model = SAC(
    "MlpPolicy", make_vec_env(ENV, seed=args.seed), seed=args.seed, device="cpu", learning_rate=3e-4, buffer_size=50_000,
    batch_size=512, ent_coef=0.1, train_freq=32, gradient_steps=32, gamma=0.9999, tau=0.01, learning_starts=0,
    use_sde=True, policy_kwargs={"log_std_init": -3.67, "net_arch": [64, 64]},
)
evaluate = Evaluate()
began = time.perf_counter()
model.learn(args.steps, callback=evaluate)
seconds = time.perf_counter() - began - evaluate.aside
final = evaluate_policy(model, played, 100)[0]
print(json.dumps({"seed": args.seed, "evaluations": evaluate.means, "final": final, "train_s": seconds}))
