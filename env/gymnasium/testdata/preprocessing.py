"""Plays Atari by covey's preprocessing and by Gymnasium's, given the same actions, and compares what they show.

Argument: the folder of atari.py.
"""

import sys

import ale_py
import gymnasium
import numpy as np

sys.path.insert(0, sys.argv[1])
import spaces

sys.modules["covey_spaces"] = spaces  # the bridge's name for it
import atari

gymnasium.register_envs(ale_py)
ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)


def make(game, frames=900):
    return gymnasium.make(game, frameskip=1, max_num_frames_per_episode=frames, disable_env_checker=True)


def compare(game, life_loss):
    """Returns how many steps were compared, and how many episodes ended."""
    theirs = gymnasium.wrappers.AtariPreprocessing(
        make(game), frame_skip=4, noop_max=30, terminal_on_life_loss=life_loss, screen_size=(160, 210)
    )
    ours = atari.Preprocessing(make(game), life_loss=life_loss, fire=False)
    rng = np.random.default_rng(1)
    steps = ends = 0
    for seed in range(3):
        x, y = theirs.reset(seed=seed)[0], ours.reset(seed=seed)[0]
        assert (x == y).all(), f"{game}: the first screens differ"
        ended = False
        while not ended:
            action = int(rng.integers(theirs.action_space.n))
            x, *want, _ = theirs.step(action)
            y, *got, _ = ours.step(action)
            assert want == got, f"{game}, step {steps}: {got}, want {want}"
            ended = want[1] or want[2]
            assert ended or (x == y).all(), f"{game}, step {steps}: the screens differ by {np.abs(x.astype(int) - y).max()}"
            steps += 1
        ends += 1
    return steps, ends


def lives():
    """A life that is lost ends an episode, not the game: its score goes on, and a new game starts only after the last."""
    env = atari.Preprocessing(make("ALE/Breakout-v5"), life_loss=True)
    core = env.unwrapped.ale
    env.reset(seed=1)
    seen = []
    for _ in range(4000):
        _, _, terminated, truncated, info = env.step(3)
        if not (terminated or truncated):
            continue
        seen.append(info["lives"])
        frame = core.getEpisodeFrameNumber()
        env.reset()
        later = core.getEpisodeFrameNumber()
        assert (later > frame) == (seen[-1] > 0 and not truncated), f"after {seen}: frame {frame}, then {later}"
        if len(seen) > 10:
            break
    assert {4, 3} <= set(seen), f"lives left at the ends: {seen}"


def whole_games():
    """A whole game goes on after each lost life, though nobody presses the button."""
    for fire in True, False:
        env = atari.Preprocessing(make("ALE/Breakout-v5", 5000), fire=fire)
        env.reset(seed=1)
        seen, ended = [], False
        while not ended:
            _, _, terminated, truncated, info = env.step(0)
            seen.append(info["lives"])
            ended = terminated or truncated
        assert (seen[-1] == 0 and terminated) == fire, f"fire {fire}: lives {seen[::50]}, terminated {terminated}"


def limits():
    """Who cuts an episode off gets a new game, for no life was lost; and what cannot be honoured is refused."""
    env = gymnasium.wrappers.TimeLimit(atari.Preprocessing(make("ALE/Breakout-v5"), life_loss=True), 15)
    core = env.unwrapped.ale
    for _ in range(3):
        env.reset()
        truncated = False
        while not truncated:
            truncated = env.step(0)[3]
        frame = core.getEpisodeFrameNumber()
        env.reset(seed=None)
        assert core.getEpisodeFrameNumber() < 40 < frame, f"after frame {frame}: frame {core.getEpisodeFrameNumber()}"
    for kwargs, want in (
        ({"max_episode_steps": 20}, "max_episode_steps is 20"),
        ({"obs_type": "ram"}, "it shows ram"),
        ({"continuous": True}, "takes Box"),
    ):
        try:
            atari.Preprocessing(gymnasium.make("ALE/Breakout-v5", frameskip=1, **kwargs))
        except spaces.Unsupported as error:
            assert want in str(error), f"{kwargs}: {error}"
        else:
            raise AssertionError(f"{kwargs} is accepted")


for game in "ALE/Pong-v5", "ALE/Breakout-v5", "ALE/SpaceInvaders-v5":
    for life_loss in False, True:
        print(game, life_loss, *compare(game, life_loss))
lives()
whole_games()
limits()
