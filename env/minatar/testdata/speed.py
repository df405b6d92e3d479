"""Prints the nanoseconds per step of a game of the minatar package: a random action of
the minimal set, the state after it, and a reset after each end.
"""

import logging
import sys
import time

logging.disable(logging.WARNING)  # see replay.py
import numpy as np  # noqa: E402
from minatar import Environment  # noqa: E402

STEPS = 50_000

game = Environment(sys.argv[1])
actions = np.random.RandomState(1).choice(game.minimal_action_set(), STEPS).tolist()
start = time.perf_counter()
for action in actions:
    _, ended = game.act(action)
    game.state()
    if ended:
        game.reset()
        game.state()
print((time.perf_counter() - start) / STEPS * 1e9)
