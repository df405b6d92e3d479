"""Reads pictures from standard input and writes what Gymnasium's wrappers make of them.

Arguments: height, width, channels, height and width of the result, the number of pictures. Pictures with three channels
become grey first.
"""

import sys

import gymnasium
import numpy as np
from gymnasium.wrappers import GrayscaleObservation, ResizeObservation

height, width, channels, to_height, to_width, count = map(int, sys.argv[1:])
shape = (height, width, channels) if channels > 1 else (height, width)
pictures = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(count, *shape)


class Show(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)
    action_space = gymnasium.spaces.Discrete(2)
    at = 0

    def reset(self, *, seed=None, options=None):
        self.at += 1
        return pictures[self.at - 1], {}


env = Show()
if channels == 3:
    env = GrayscaleObservation(env)
if (to_height, to_width) != (height, width):
    env = ResizeObservation(env, (to_height, to_width))
for _ in range(count):
    sys.stdout.buffer.write(np.ascontiguousarray(env.reset()[0]).tobytes())
