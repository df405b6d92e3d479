"""How ViZDoom's worlds are shown."""

import gymnasium
import numpy as np
from covey_spaces import Unsupported


class Screen(gymnasium.Wrapper):
    """Shows the screen, and numbers beside it (ammunition, health) as further channels of one value each.

    Each observation is an array of its own, which wrappers around it may keep. render_fps counts steps, not frames.

    variables: names of ViZDoom's game variables, each with the value that is shown as 255; 0 is shown as 0.
    ViZDoom shows nothing at an episode's end: there the last screen stays. An episode that ran out of time is truncated,
    and not terminated as well.
    """

    def __init__(self, env, variables=None):
        super().__init__(env)
        screen = env.observation_space["screen"]
        self.depth = screen.shape[2]
        known = [variable.name for variable in env.unwrapped.game.get_available_game_variables()]
        self.scales = {}
        for name, most in (variables or {}).items():
            if name not in known:
                raise Unsupported(f"there is no game variable {name} here, but {known}")
            self.scales[known.index(name)] = 255 / most
        shape = (*screen.shape[:2], self.depth + len(self.scales))
        self.observation_space = gymnasium.spaces.Box(0, 255, shape, np.uint8)
        self.shown = np.zeros(shape, np.uint8)
        self.metadata = {**env.metadata, "render_fps": env.metadata["render_fps"] / env.unwrapped.frame_skip}

    def show(self, observation):
        self.shown[:, :, : self.depth] = observation["screen"]
        for channel, (i, scale) in enumerate(self.scales.items(), self.depth):
            self.shown[:, :, channel] = min(max(observation["gamevariables"][i] * scale, 0), 255)

    def reset(self, *, seed=None, options=None):
        observation, info = self.env.reset(seed=seed, options=options)
        self.show(observation)
        return self.shown.copy(), info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self.unwrapped.state is not None:
            self.show(observation)
        return self.shown.copy(), reward, terminated and not truncated, truncated, info
