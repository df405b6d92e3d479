"""Steps environments in a plain loop, as a trainer in Python does: the median of a step, in seconds, for each ID given."""

import json
import sys
import time

import gymnasium

found = {}
for name in sys.argv[2:]:
    if name.startswith("ALE/"):
        import ale_py
    env = gymnasium.make(name, disable_env_checker=True)
    env.reset(seed=1)
    actions = [env.action_space.sample() for _ in range(1000)]
    times, begun, i = [], time.perf_counter(), 0
    while time.perf_counter() - begun < float(sys.argv[1]):
        i += 1
        action = actions[i % 1000]
        start = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
        times.append(time.perf_counter() - start)
    found[name] = sorted(times)[len(times) // 2]
print(json.dumps(found))
