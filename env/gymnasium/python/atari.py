"""How Atari games are shown and played (Mnih et al. 2015, methods; Machado et al. 2018).

What would cross the bridge several times in a step is done here, on the emulator itself; screens leave as it draws
them, in grey, and are made smaller on covey's side, where that is faster.
"""

import gymnasium
import numpy as np
from covey_spaces import Unsupported

FRAME_RATE = 60  # of the console; Gymnasium's metadata say 30 however many frames a step has


class Preprocessing(gymnasium.Wrapper):
    """Plays each action for some frames and shows the brighter of the last two screens, in grey.

    Each observation is an array of its own, which wrappers around it may keep. render_fps counts steps, not frames.

    noops: an episode starts after up to so many frames in which nothing is done. fire: and after the button is pressed
    as long as an action is, in games that wait for it; after each lost life too, whether or not it ends the episode, so that a policy
    that never had to press it is not stuck where whole games are played. life_loss: losing a life ends an
    episode, of which only the score knows; the game goes on in the next one. A drop to 0 lives ends an episode too, but
    not the game: some games (BankHeist, Frogger, MrDo) go on at 0, and only the emulator says when one is over.
    """

    def __init__(self, env, skip=4, noops=30, fire=True, life_loss=False):
        super().__init__(env)
        game = env.unwrapped
        if getattr(game, "_frameskip", 1) != 1:
            raise Unsupported(
                f"frameskip is {game._frameskip} and must be 1: frames are skipped here, gym.atari.skip of them "
                "(0: leave all of that to the environment)"
            )
        if getattr(getattr(env, "spec", None), "max_episode_steps", None):
            raise Unsupported(
                f"max_episode_steps is {env.spec.max_episode_steps}, but steps are played on the emulator itself: "
                "use max_num_frames_per_episode, which counts frames"
            )
        if getattr(game, "_obs_type", "rgb") == "ram" or not isinstance(game.action_space, gymnasium.spaces.Discrete):
            raise Unsupported(
                f"it shows {getattr(game, '_obs_type', 'a screen')} and takes {game.action_space}, but here screens are shown and "
                "one button at a time is pressed (gym.atari.skip: 0 leaves the environment as it is)"
            )
        self.ale, self.buttons = game.ale, game._action_set
        self.skip, self.noops, self.life_loss = skip, noops, life_loss
        meanings = game.get_action_meanings()
        self.serve = [meanings.index("FIRE")] * skip if fire and "FIRE" in meanings else []  # a frame may repeat what was before
        height, width = self.ale.getScreenDims()
        self.screens = np.zeros((2, height, width), np.uint8)
        self.observation_space = gymnasium.spaces.Box(0, 255, (height, width), np.uint8)
        self.goes_on, self.lives = False, 0  # goes_on: a life was lost, and not the game
        self.metadata = {**env.metadata, "render_fps": FRAME_RATE / skip}

    def reset(self, *, seed=None, options=None):
        info = {}
        if not self.goes_on or seed is not None:
            info = self.start(seed, options)
            for _ in range(self.unwrapped.np_random.integers(1, self.noops + 1) if self.noops else 0):
                self.press(0, seed, options)
        else:
            self.press(0, seed, options)
        for button in self.serve:
            self.press(button, seed, options)
        self.goes_on, self.lives = False, self.ale.lives()
        return self.screen(), info

    def screen(self):
        shown = np.empty_like(self.screens[0])
        self.ale.getScreenGrayscale(shown)
        return shown

    def start(self, seed, options):
        return self.env.reset(seed=seed, options=options)[1]

    def press(self, button, seed, options):
        """Plays a frame, of a new game where it was the last one."""
        self.ale.act(self.buttons[button], 1.0)
        if self.ale.game_over():
            self.start(seed, options)

    def step(self, action):
        act, button, reward = self.ale.act, self.buttons[action], 0.0
        terminated = truncated = lost = False
        for left in range(self.skip - 1, -1, -1):
            reward += act(button, 1.0)
            terminated, truncated = self.ale.game_over(with_truncation=False), self.ale.game_truncated()
            lost = self.life_loss and self.ale.lives() < self.lives
            if terminated or truncated or lost:
                break
            if left == 1:
                self.ale.getScreenGrayscale(self.screens[0])
        self.goes_on = lost and not (terminated or truncated)
        terminated = terminated or lost
        served = self.serve and self.ale.lives() < self.lives and not (terminated or truncated)
        if served:  # as a reset does where a lost life ends the episode
            for next_button in [0, *self.serve]:
                reward += act(self.buttons[next_button], 1.0)
            terminated, truncated = self.ale.game_over(with_truncation=False), self.ale.game_truncated()
        self.lives = self.ale.lives()
        if terminated or truncated or served or self.skip == 1:
            shown = self.screen()
        else:
            self.ale.getScreenGrayscale(self.screens[1])
            shown = np.maximum(self.screens[0], self.screens[1])
        return shown, reward, terminated, truncated, {"lives": self.lives}
