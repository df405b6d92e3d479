"""Environments for the tests: of every kind of space, and CartPoles whose states can be known exactly."""

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.classic_control.cartpole import CartPoleEnv


class Made(gymnasium.Env):
    """Shows draws of its space, ends after some steps, pays by the action; a wrong action is an error."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 12}

    def __init__(self, observation_space, action_space, render_mode=None):
        self.observation_space, self.action_space, self.render_mode = observation_space, action_space, render_mode

    def show(self):
        self.observation_space.seed(int(self.np_random.integers(1 << 30)))
        return self.observation_space.sample()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = int(self.np_random.integers(3, 20))
        self.length = 0
        return self.show(), {}

    def step(self, action):
        if not self.action_space.contains(action):
            raise ValueError(f"{action!r} is not in {self.action_space}")
        self.left -= 1
        self.length += 1
        ended = self.left == 0
        pay = float(np.sum(spaces.flatten(self.action_space, action) * np.arange(1, 1 + spaces.flatdim(self.action_space))))
        return self.show(), pay, ended and self.length % 2 == 0, ended and self.length % 2 == 1, {}

    def render(self):
        picture = np.zeros((4, 6, 3), np.uint8)
        picture[1, 2] = 10, 20, self.length
        return picture


class OfDict(Made):
    def __init__(self, **kwargs):
        parts = {
            "z": spaces.Box(-1, 1, (2, 3), np.float32),
            "a": spaces.Discrete(3, start=5),
            "m": spaces.MultiBinary([2, 2]),
            "inner": spaces.Dict({"b": spaces.Box(0, 255, (2,), np.uint8), "n": spaces.MultiDiscrete([2, 3])}),
        }
        super().__init__(spaces.Dict(parts), spaces.Dict({"left": spaces.Discrete(2, start=-1), "right": spaces.MultiBinary(2)}), **kwargs)


class OfTuple(Made):
    def __init__(self, **kwargs):
        parts = spaces.Box(-2, 2, (3,), np.float64), spaces.Discrete(4), spaces.Box(-7, 9, (2,), np.int16)
        super().__init__(spaces.Tuple(parts), spaces.Tuple((spaces.Box(-1, 1, (2,), np.float64), spaces.Box(0, 1, (), np.float32))), **kwargs)


class OfMultiDiscrete(Made):
    def __init__(self, **kwargs):
        super().__init__(spaces.MultiDiscrete([3, 2, 4], start=[1, 0, -2]), spaces.MultiDiscrete([[2, 3], [4, 2]]), **kwargs)


class OfMultiBinary(Made):
    def __init__(self, **kwargs):
        super().__init__(spaces.MultiBinary(5), spaces.MultiBinary([2, 3]), **kwargs)


class OfDiscrete(Made):
    def __init__(self, **kwargs):
        super().__init__(spaces.Discrete(6, start=-2), spaces.Discrete(3, start=4), **kwargs)


class OfBytes(Made):
    def __init__(self, **kwargs):
        parts = {"y": spaces.Box(0, 255, (4, 5, 1), np.uint8), "x": spaces.Box(10, 20, (3,), np.uint8)}
        super().__init__(spaces.Dict(parts), spaces.Box(-3, 3, (2,), np.int32), **kwargs)


class Echo(gymnasium.Env):
    """Shows the actions that it takes; metadata say nothing of its speed."""

    action_space = spaces.Box(np.array([-3, -2]), np.array([3, 2]), dtype=np.int32)
    observation_space = spaces.Box(-np.inf, np.inf, (2,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.uniform(size=2).astype(np.float32), {}

    def step(self, action):
        if not self.action_space.contains(action):
            raise ValueError(f"{action!r} is not in {self.action_space}")
        return action.astype(np.float32), 0.0, False, False, {}


class EchoFloats(Echo):
    action_space = spaces.Box(np.array([-0.1, -0.2]), np.array([0.1, 0.2]), dtype=np.float64)


class Paced(Echo):
    def __init__(self, rate):
        self.metadata = {"render_fps": rate}


class Echoes(gymnasium.vector.VectorEnv):
    """A row of them, which takes one seed for all, as Gymnasium's interface has it."""

    metadata = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP} if hasattr(gymnasium.vector, "AutoresetMode") else {}

    def __init__(self, num_envs, of=Echo):
        self.num_envs, self.single_action_space, self.single_observation_space = num_envs, of.action_space, of.observation_space
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, num_envs)
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, num_envs)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.uniform(size=(self.num_envs, 2)).astype(np.float32), {}

    def step(self, actions):
        if not self.action_space.contains(actions):
            raise ValueError(f"{actions!r} is not in {self.action_space}")
        none = np.zeros(self.num_envs, bool)
        return actions.astype(np.float32), np.zeros(self.num_envs), none, none, {}


class OfText(Made):
    def __init__(self, **kwargs):
        super().__init__(spaces.Dict({"seen": spaces.Box(0, 1, (2,)), "mission": spaces.Text(9)}), spaces.Discrete(2), **kwargs)


class OfMixedActions(Made):
    def __init__(self, **kwargs):
        super().__init__(spaces.Box(0, 1, (2,)), spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 1, (2,)))), **kwargs)


class Alone:
    """No Env of Gymnasium's, but with all that is called."""

    observation_space, action_space = spaces.Box(0, 1, (2,)), spaces.Discrete(2)

    def reset(self, seed=None):
        return np.zeros(2, np.float32), {}

    def step(self, action):
        return np.zeros(2, np.float32), 1, False, False, {}

    def close(self):
        pass


gymnasium.register("Made/Registered-v0", OfDiscrete, max_episode_steps=7, reward_threshold=12.5)
gymnasium.register("Made/Echo-v0", Echo, vector_entry_point=Echoes)
gymnasium.register("Made/EchoFloats-v0", EchoFloats, vector_entry_point=lambda **kwargs: Echoes(of=EchoFloats, **kwargs))


class SingleCartPole(CartPoleEnv):
    """CartPole that begins in a state of float32 numbers, and where rounded is set goes on from such states only."""

    def __init__(self, rounded=False, **kwargs):
        super().__init__(**kwargs)
        self.rounded = rounded

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        self.state = np.array(self.state, dtype=np.float32).astype(np.float64)
        return np.array(self.state, dtype=np.float32), {}

    def step(self, action):
        x, reward, terminated, truncated, info = super().step(action)
        if self.rounded:
            self.state = np.array(self.state, dtype=np.float32).astype(np.float64)
        return x, reward, terminated, truncated, info


class Mean(gymnasium.ObservationWrapper):
    """A wrapper with an argument."""

    def __init__(self, env, scale=1):
        super().__init__(env)
        self.scale, self.observation_space = scale, spaces.Box(-np.inf, np.inf, (1,))

    def observation(self, observation):
        return np.array([self.scale * np.mean(observation)], np.float32)
