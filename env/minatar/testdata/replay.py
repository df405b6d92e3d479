"""Plays a game of the minatar package for covey's test, which sends actions and is told
what the game drew at random and what it returned.

First the script writes a line of JSON: the shape of the state and the actions of the
minimal set. After that a byte from the test is an action, or 255, which starts an
episode in a new game. The answer to it, little-endian: the number of draws (uint32);
each draw as the number of choices, 0 where it is a number from [0, 1), and the value
(two float64); the reward (float64); whether the episode ended (one byte); the state
(bytes, [10, 10, channels], 255 where the game has True).
"""

import json
import logging
import struct
import sys

logging.disable(logging.WARNING)  # it warns that matplotlib is missing, with which it draws
import numpy as np  # noqa: E402
from minatar import Environment  # noqa: E402

NEW_GAME = 255


class Recorder:
    """A seeded RandomState that writes down what it gave."""

    def __init__(self, seed):
        self.state = np.random.RandomState(seed)
        self.draws = []

    def rand(self, *shape):
        values = self.state.rand(*shape)
        self.draws += [(0, value) for value in np.ravel(values)]
        return values

    def randint(self, low, high=None, size=None):
        if high is None:
            low, high = 0, low
        values = self.state.randint(low, high, size)
        self.draws += [(high - low, value - low) for value in np.ravel(values)]
        return values

    def take(self):
        draws, self.draws = self.draws, []
        return draws


def answer(game, draws, reward, ended):
    flat = [number for draw in draws for number in draw]
    head = struct.pack(f"<I{len(flat)}ddB", len(draws), *flat, reward, ended)
    sys.stdout.buffer.write(head + (game.state().astype(np.uint8) * 255).tobytes())
    sys.stdout.buffer.flush()


def main(name, sticky, ramping):
    recorder = Recorder(1)
    game = Environment(name)
    sys.stdout.buffer.write(
        json.dumps({"shape": game.state_shape(), "actions": game.minimal_action_set()}).encode() + b"\n"
    )
    sys.stdout.buffer.flush()
    while message := sys.stdin.buffer.read(1):
        reward, ended = 0, False
        if message[0] == NEW_GAME:
            game = Environment(name, sticky_action_prob=float(sticky), difficulty_ramping=ramping == "true")
            game.random = game.env.random = recorder
            game.reset()
        else:
            reward, ended = game.act(message[0])
        answer(game, recorder.take(), reward, ended)


main(*sys.argv[1:])
