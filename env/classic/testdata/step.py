"""Takes two steps in a Gymnasium environment from each of many states.

    python step.py ID VARIABLES < transitions > outcomes

Both are rows of little-endian float64. A transition is the state's VARIABLES numbers, 1 where Gymnasium would hold
them as float32, the steps that the episode has taken, and the action, which is taken twice. An
outcome is, for each of the two steps, the observation, the reward, and whether the episode terminated and was
truncated; zeros for a step after the end.
"""

import sys

import gymnasium
import numpy as np
from gymnasium.wrappers import TimeLimit

VERSION = "1.4.0"


def time_limit(env):
    while not isinstance(env, TimeLimit):
        env = env.env
    return env


def step(env, action):
    obs, reward, terminated, truncated, _ = env.step(action)
    assert obs.dtype == np.float32
    return [*obs.astype(np.float64), float(reward), terminated, truncated]


def main():
    if gymnasium.__version__ != VERSION:
        sys.exit(f"Gymnasium is {gymnasium.__version__}, want {VERSION}")
    name, variables = sys.argv[1], int(sys.argv[2])
    rows = np.frombuffer(sys.stdin.buffer.read(), dtype="<f8").reshape(-1, variables + 3)
    env = gymnasium.make(name, disable_env_checker=True)
    limit = time_limit(env)
    discrete = isinstance(env.action_space, gymnasium.spaces.Discrete)
    outcomes = []
    env.reset(seed=0)
    for row in rows:
        single, elapsed, action = row[variables:]
        env.unwrapped.state = row[:variables].astype(np.float32 if single else np.float64)
        if hasattr(env.unwrapped, "steps_beyond_terminated"):
            env.unwrapped.steps_beyond_terminated = None
        limit._elapsed_steps = int(elapsed)
        action = int(action) if discrete else np.array([action], dtype=np.float32)
        outcomes.append(step(env, action))
        ended = outcomes[-1][-1] or outcomes[-1][-2]
        outcomes.append([0.0] * len(outcomes[-1]) if ended else step(env, action))
    sys.stdout.buffer.write(np.array(outcomes, dtype="<f8").tobytes())


main()
