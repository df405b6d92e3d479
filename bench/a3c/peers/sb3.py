"""Stable-Baselines3 and SBX on CartPole-v1 with the settings of the RL zoo. Prints one line of JSON."""

import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("algorithm", choices=["sb3-a2c", "sb3-ppo", "sbx-ppo"])
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--steps", type=int, default=0, help="0: the zoo's budget")
parser.add_argument("--until-solved", action="store_true")
parser.add_argument("--solve-at", type=float, default=475)
args = parser.parse_args()
start = float(os.environ.get("COVEY_BENCH_START", time.time() * 1e9)) / 1e9

# After the arguments: these take seconds, which belong to the time since the process started.
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402

# rl-baselines3-zoo, hyperparams/{a2c,ppo}.yml, CartPole-v1.
A2C_ZOO = {"n_envs": 8, "steps": 500_000, "model": {"ent_coef": 0.0}}
PPO_ZOO = {
    "n_envs": 8,
    "steps": 100_000,
    "model": {
        "n_steps": 32, "batch_size": 256, "gae_lambda": 0.8, "gamma": 0.98, "n_epochs": 20, "ent_coef": 0.0,
        "learning_rate": lambda left: 0.001 * left, "clip_range": lambda left: 0.2 * left,
    },
}


class Watch(BaseCallback):
    """Notes when the last 100 training returns reach the mark, and the speed once all is warm."""

    def __init__(self):
        super().__init__()
        self.solved_s, self.solved_steps, self.rollouts, self.warm = 0.0, 0, 0, None

    def _on_rollout_start(self):
        self.rollouts += 1
        if self.rollouts == 4:  # imports, first allocations and compilation lie behind
            self.warm = (time.time(), self.num_timesteps)

    def _on_step(self):
        returns = self.model.ep_info_buffer
        if not self.solved_s and len(returns) == 100 and sum(e["r"] for e in returns) >= 100 * args.solve_at:
            self.solved_s, self.solved_steps = time.time() - start, self.num_timesteps
        return not (args.until_solved and self.solved_s)


def main():
    zoo = A2C_ZOO if args.algorithm == "sb3-a2c" else PPO_ZOO
    if args.algorithm == "sb3-a2c":
        from stable_baselines3 import A2C as algorithm
    elif args.algorithm == "sb3-ppo":
        from stable_baselines3 import PPO as algorithm
    else:
        from sbx import PPO as algorithm
    device = {} if args.algorithm == "sbx-ppo" else {"device": "cpu"}
    env = make_vec_env("CartPole-v1", n_envs=zoo["n_envs"], seed=args.seed)
    model = algorithm("MlpPolicy", env, seed=args.seed, **zoo["model"], **device)
    watch = Watch()
    model.learn(args.steps or zoo["steps"], callback=watch)
    now = time.time()
    wall, steps = now - watch.warm[0], model.num_timesteps - watch.warm[1]
    returns = [e["r"] for e in model.ep_info_buffer]
    print(json.dumps({
        "env_steps": model.num_timesteps, "wall_s": wall, "steps_per_s": steps / wall,
        "train_return_mean_100": sum(returns) / max(1, len(returns)),
        "solved": bool(watch.solved_s), "solved_at_s": watch.solved_s, "solved_at_steps": watch.solved_steps,
    }))


main()
