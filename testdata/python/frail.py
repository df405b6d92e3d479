"""A CartPole whose process is killed once, at its 300th step; the file named by mark remembers that."""

import os
import signal

from gymnasium.envs.classic_control.cartpole import CartPoleEnv


class Frail(CartPoleEnv):
    def __init__(self, mark, **kwargs):
        super().__init__(**kwargs)
        self.mark, self.taken = mark, 0

    def step(self, action):
        self.taken += 1
        if self.taken == 300 and not os.path.exists(self.mark):
            open(self.mark, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(action)
