"""Environments that go wrong, each in one way."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces

AT = 3  # the step at which it happens


class Unsupported(Exception):
    """Called like one of covey's own."""


class Faulty(gymnasium.Env):
    """Counts its steps. The fault is a method's name, and happens in reset, or at step AT."""

    observation_space = spaces.Box(-10, 100, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, fault="", where="step", mark=""):
        self.fault, self.where, self.mark, self.steps = fault, where, mark, 0
        if where == "make":
            getattr(self, fault)(None)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        answer = np.zeros(2, np.float32), {}
        if self.where == "reset":
            return getattr(self, self.fault)(answer)
        return answer

    def step(self, action):
        self.steps += 1
        answer = np.full(2, self.steps, np.float32), 1.0, False, False, {}
        if self.where == "step" and self.steps == AT:
            return getattr(self, self.fault)(answer)
        return answer

    def close(self):
        if self.where == "close":
            getattr(self, self.fault)(None)

    def changed(self, answer, at, value):
        return tuple(value if i == at else x for i, x in enumerate(answer))

    def raises(self, answer):
        raise ValueError("the lever is stuck")

    def raises_like_covey(self, answer):
        raise Unsupported("mine alone")

    def exits(self, answer):
        sys.exit("enough")

    def leaves(self, answer):
        print("goodbye, cruel world", file=sys.stderr)
        os._exit(3)

    def killed(self, answer):
        os.kill(os.getpid(), signal.SIGKILL)

    def crashes(self, answer):
        ctypes.string_at(0)

    def sleeps(self, answer):
        time.sleep(1000)

    def sleeps_once(self, answer):
        """In one process, the first that makes the file mark."""
        if not os.path.exists(self.mark):
            open(self.mark, "w").close()
            time.sleep(1000)
        return answer

    def naps(self, answer):
        time.sleep(0.3)
        return answer

    def loops(self, answer):
        ctypes.PyDLL(None).usleep(1_000_000_000)  # without letting go of the interpreter

    def eats(self, answer):
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, resource.RLIM_INFINITY))
        return bytearray(8 << 30)

    def breaks_pipe(self, answer):
        raise BrokenPipeError("its own engine is gone")

    def prints(self, answer):
        sys.stdout.write("x" * 300_000 + "\n")
        print("printed", flush=True)
        print("complained", file=sys.stderr, flush=True)
        os.write(1, b"written to 1\n")
        subprocess.run(["echo", "echoed"])
        return answer

    def forks(self, answer):
        print("grandchild", subprocess.Popen(["sleep", "1000"]).pid, flush=True)
        pid = os.fork()
        if pid == 0:
            time.sleep(1000)
        print("grandchild", pid, flush=True)
        return answer

    def forks_and_dies(self, answer):
        self.forks(answer)
        self.killed(answer)

    def forks_and_sleeps(self, answer):
        self.forks(answer)
        self.loops(answer)

    def nan(self, answer):
        return self.changed(answer, 0, np.array([1, np.nan], np.float32))

    def infinite(self, answer):
        return self.changed(answer, 0, np.array([np.inf, 1], np.float32))

    def long(self, answer):
        return self.changed(answer, 0, np.zeros(3, np.float32))

    def text(self, answer):
        return self.changed(answer, 0, np.array(["a", "b"]))

    def object(self, answer):
        return self.changed(answer, 0, np.array([None, 1], object))

    def no_reward(self, answer):
        return self.changed(answer, 1, None)

    def text_reward(self, answer):
        return self.changed(answer, 1, "much")

    def numpy_text_reward(self, answer):
        return self.changed(answer, 1, np.str_("much"))

    def nan_reward(self, answer):
        return self.changed(answer, 1, float("nan"))

    def four(self, answer):
        return answer[:4]

    def nothing(self, answer):
        return None

    def bare(self, answer):
        return answer[0]

    def package(self, answer):
        import no_such_package


class FaultyBytes(Faulty):
    """Whose observations are to be bytes."""

    observation_space = spaces.Box(0, 255, (2,), np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.uint8), {}

    def step(self, action):
        self.steps += 1
        x = np.zeros(2, np.uint8)
        if self.steps == AT:
            x = x.astype(np.float64)
        return x, 1.0, False, False, {}


def nobody():
    return object()
