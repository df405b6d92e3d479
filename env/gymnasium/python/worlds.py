"""The environments of one child, as rows of the memory that it shares with covey."""

import importlib
import inspect
import math

import gymnasium
import numpy as np
from covey_spaces import Unsupported, Wrong, action, array_reader, observation, reader, writer

if int(gymnasium.__version__.partition(".")[0]) < 1:
    raise Unsupported(
        f"it is Gymnasium {gymnasium.__version__}, and 1.0 is the oldest that serves: "
        "`covey gym setup` makes a Python environment with a newer one"
    )
from gymnasium.vector.utils import iterate

try:
    from gymnasium.vector import AutoresetMode
except ImportError:  # Gymnasium 1.0
    AutoresetMode = None

# What is asked of a row.
SKIP, STEP, RESET, STEP_ON, CLOSE = range(5)  # STEP_ON: and go on with the next episode where one ends

# The packages that register environments when they are imported, by how those are called.
HOMES = [
    (("ALE/",), "ale_py"),
    (("Fetch", "Hand", "Adroit", "FrankaKitchen", "PointMaze", "AntMaze"), "gymnasium_robotics"),
    (("Vizdoom",), "vizdoom.gymnasium_wrapper"),
    (("MinAtar/",), "minatar.gym"),
]


def find(name):
    """Returns a function that makes the environment, and its entry in Gymnasium's registry, if it has one."""
    module, colon, name = name.rpartition(":")
    if module:
        home = importlib.import_module(module)
        if name not in gymnasium.registry and callable(getattr(home, name, None)):
            return getattr(home, name), None
    for prefixes, home in HOMES:
        if name.startswith(prefixes) and name not in gymnasium.registry:
            home = importlib.import_module(home)
            if hasattr(home, "register_envs"):
                home.register_envs()
    entry = gymnasium.registry.get(name)
    return lambda **kwargs: gymnasium.make(name, disable_env_checker=True, **kwargs), entry


def thing(name):
    """The object that module:name stands for."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def frame_rate(env):
    """Steps a second at which an environment is meant to be seen: as Gymnasium's recorder, 30 where nothing is said."""
    try:
        rate = float((getattr(env, "metadata", None) or {}).get("render_fps"))
    except (TypeError, ValueError):
        return 30.0
    return rate if 0 < rate < math.inf else 30.0


class World:
    """What one environment and a vector have in common.

    views: seeds [rows] uint64, commands [rows] uint8, actions [rows, action] float32, rewards [rows] float32, flags
    [rows] uint8, observations and finals [rows, frame] of float32 or bytes.
    """

    op, row = "make", None  # what is going on, for who reports a failure

    def __init__(self, request):
        self.request = request
        self.rows = request["rows"]
        self.kwargs = dict(request["kwargs"] or {})
        if request["render"]:
            self.kwargs["render_mode"] = "rgb_array"
        self.create, self.entry = find(request["id"])

    def seen(self, space):
        """The part of the observation space that is wanted."""
        keys = self.request["observe"]
        if not keys:
            return space
        if not isinstance(space, gymnasium.spaces.Dict):
            raise Unsupported(f"observe wants keys of a Dict, the observation space is {space}")
        for key in keys:
            if key not in space.spaces:
                raise Unsupported(f"observe: the observation space has no key {key!r}, but {list(space.spaces)}")
        if len(keys) == 1:
            return space[keys[0]]
        return gymnasium.spaces.Dict([(key, space[key]) for key in keys])

    def describe(self, observations, actions, env):
        self.observation_space, self.action_space = self.seen(observations), actions
        spec = getattr(env, "spec", None)
        threshold = getattr(spec, "reward_threshold", None)
        return {
            "observation": observation(self.observation_space),
            "action": action(actions),
            "threshold": float(threshold) if threshold is not None and math.isfinite(threshold) else None,
            "max_steps": int(getattr(spec, "max_episode_steps", None) or 0),
            "frame_rate": frame_rate(env),
        }

    def writers(self, rows):
        """Functions that write what an environment showed to each of the rows."""
        writers = [writer(self.observation_space, row) for row in rows]
        keys = self.request["observe"]
        if len(keys or ()) != 1:
            return writers

        def chosen(write):
            def choose(x):
                try:
                    part = x[keys[0]]
                except (KeyError, TypeError, IndexError):
                    raise Wrong(f"the observation is a {type(x).__name__} without {keys[0]!r}") from None
                write(part)

            return choose

        return [chosen(write) for write in writers]

    @staticmethod
    def picture(frame):
        frame = np.asarray(frame)
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise Wrong(f"render returned {frame.dtype} of shape {frame.shape}, no picture of bytes [height, width, 3]")
        return np.ascontiguousarray(frame)


class Singles(World):
    """Environments, stepped one after the other."""

    def __init__(self, request):
        super().__init__(request)
        self.envs, self.steps = [None] * self.rows, [None] * self.rows  # and their method step
        self.seeded = [True] * self.rows  # whether an episode that follows another is given a seed of its own
        for row in range(self.rows if request["eager"] else 1):
            self.make(row)

    def make(self, row):
        self.op = "make"
        env = self.create(**self.kwargs)
        for wrapper in self.request["wrappers"] or ():
            env = thing(wrapper["name"])(env, **(wrapper["kwargs"] or {}))
        for name in "observation_space", "action_space", "reset", "step", "close":
            if not hasattr(env, name):
                raise Unsupported(f"{type(env).__name__} is no Gymnasium environment: it lacks {name}")
        self.envs[row], self.steps[row] = env, env.step
        # Atari loads its game anew for a seed, which takes as long as 300 steps; the first one's stream goes on instead.
        self.seeded[row] = not hasattr(getattr(env, "unwrapped", env), "ale")

    def spec(self):
        env = self.envs[0]
        return self.describe(env.observation_space, env.action_space, env)

    def attach(self, views):
        self.seeds, self.commands = memoryview(views["seeds"]), memoryview(views["commands"])
        self.rewards, self.flags = memoryview(views["rewards"]), memoryview(views["flags"])
        self.actions = [reader(self.action_space, row) for row in views["actions"]]
        self.observe = self.writers(views["observations"])
        self.keep = self.writers(views["finals"])

    def go(self):
        """Does what the commands ask of the rows."""
        self.op = "step"
        rewards, flags = self.rewards, self.flags
        row = -1
        try:
            for command, step, action, observe in zip(self.commands, self.steps, self.actions, self.observe):
                row += 1
                if command == STEP_ON or command == STEP:
                    answer = step(action())
                    try:
                        x, reward, terminated, truncated, _ = answer
                    except (TypeError, ValueError):
                        raise Wrong(not_five(answer)) from None
                    try:
                        rewards[row] = reward
                    except (TypeError, ValueError):
                        raise Wrong(f"the reward {reward!r} is not a number") from None
                    if not terminated and not truncated:
                        flags[row] = 0
                        observe(x)
                        continue
                    flags[row] = (1 if terminated else 0) | (2 if truncated else 0)
                    if command == STEP:
                        observe(x)
                        continue
                    self.keep[row](x)
                    self.reset(row, self.seeds[row] if self.seeded[row] else None)
                    self.op = "step"
                else:
                    flags[row] = 0
                    self.other(command, row)
                    self.op = "step"
        except BaseException:
            self.row = row
            raise

    def other(self, command, row):
        """Does what is not a step."""
        if command == RESET:
            if self.envs[row] is None:
                self.make(row)
            self.reset(row, self.seeds[row])
        elif command == CLOSE and self.envs[row] is not None:
            self.op = "close"
            env, self.envs[row], self.steps[row] = self.envs[row], None, None
            env.close()

    def reset(self, row, seed):
        self.op = "reset"
        answer = self.envs[row].reset(seed=seed)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise Wrong(f"reset returned a {type(answer).__name__}, a Gymnasium environment returns (observation, info)")
        self.observe[row](answer[0])

    def render(self, row):
        self.op, self.row = "render", row
        return self.picture(self.envs[row].render())

    def close(self):
        for env in self.envs:
            if env is not None:
                env.close()


def not_five(answer):
    got = f"{len(answer)} values" if isinstance(answer, tuple) else f"a {type(answer).__name__}"
    return f"step returned {got}, a Gymnasium environment returns (observation, reward, terminated, truncated, info)"


class Rows(World):
    """A vector environment of the package's own, which steps all rows at once."""

    def __init__(self, request):
        super().__init__(request)
        if self.entry is None or self.entry.vector_entry_point is None:
            raise Unsupported(f"{request['id']} has no vector environment of its own: leave vector out")
        if AutoresetMode is None:
            raise Unsupported(f"vector environments want Gymnasium 1.1, this is {gymnasium.__version__}: leave vector out")
        if request["wrappers"]:
            raise Unsupported("wrappers are for single environments: leave vector out")
        point = self.entry.vector_entry_point
        point = point if callable(point) else thing(point)
        if "autoreset_mode" in inspect.signature(point).parameters:
            self.kwargs.setdefault("autoreset_mode", AutoresetMode.SAME_STEP)
        self.env = gymnasium.make_vec(
            self.entry.id, self.rows, vectorization_mode="vector_entry_point", **self.kwargs
        )
        mode = self.env.metadata.get("autoreset_mode")
        if mode not in self.modes():
            raise Unsupported(
                f"the vector environment of {request['id']} restarts episodes in mode {mode}, of which the first "
                "observation comes a step late: leave vector out"
            )

    def modes(self):
        return (AutoresetMode.SAME_STEP,)

    def spec(self):
        return self.describe(self.env.single_observation_space, self.env.single_action_space, self.env)

    def attach(self, views):
        self.seeds, self.commands, self.flags, self.rewards = (
            views[name] for name in ("seeds", "commands", "flags", "rewards")
        )
        self.observations, self.finals = views["observations"], views["finals"]
        space, actions = self.action_space, views["actions"]
        if isinstance(space, gymnasium.spaces.Discrete):
            self.actions = lambda: actions[:, 0].astype(np.int64) + space.start
        elif isinstance(space, (gymnasium.spaces.Box, gymnasium.spaces.MultiDiscrete, gymnasium.spaces.MultiBinary)):
            self.actions = array_reader(space, actions.reshape(self.rows, *space.shape))
        else:
            raise Unsupported(f"vector environments with actions of {type(space).__name__}: leave vector out")
        self.observe = self.writers(views["observations"])
        self.keep = self.writers(views["finals"])
        # A plain array of all rows is written at once.
        whole = isinstance(self.observation_space, gymnasium.spaces.Box) and not self.request["observe"]
        shape = (self.rows, *self.observation_space.shape) if whole else ()
        self.all = writer(batch(self.observation_space, shape), views["observations"].reshape(shape)) if whole else None

    def show(self, x):
        if self.all is not None:
            self.all(x)
            return
        for row, part in zip(self.observe, iterate(self.env.observation_space, x)):
            row(part)

    def go(self):
        command = self.commands[0]
        if (self.commands != command).any() or command not in (STEP, STEP_ON, RESET):
            raise Unsupported("a vector environment steps and resets all rows at once")
        self.flags[:] = 0
        self.row = None
        if command == RESET:
            self.op = "reset"
            self.show(self.reset())
            return
        self.op = "step"
        x, rewards, terminated, truncated, info = self.env.step(self.actions())
        try:
            np.copyto(self.rewards, rewards, casting="same_kind")
            np.copyto(self.flags, np.asarray(terminated, bool) + 2 * np.asarray(truncated, bool), casting="unsafe")
        except (TypeError, ValueError):
            raise Wrong(f"rewards {rewards!r}, terminated {terminated!r}, truncated {truncated!r}: want {self.rows} each") from None
        ended = self.flags.any()
        if ended:
            x = self.ended(x, info)
        if ended and command == STEP:  # of one row: its episode ends with its last observation
            self.observations[:] = self.finals
        else:
            self.show(x)

    def reset(self):
        seeds = [int(seed) for seed in self.seeds]
        try:
            return self.env.reset(seed=np.array(seeds))[0]
        except (TypeError, ValueError, gymnasium.error.Error):
            pass  # it takes one seed for all, which is all that Gymnasium's interface promises
        return self.env.reset(seed=seeds[0])[0]

    def ended(self, x, info):
        """Keeps the last observations of the episodes that ended, and returns those to act on next."""
        finals = info.get("final_obs")
        if finals is None:
            raise Wrong("an episode ended, and info has no final_obs")
        for row in np.flatnonzero(self.flags):
            final = {key: part[row] for key, part in finals.items()} if isinstance(finals, dict) else finals[row]
            self.keep[row](final)
        return x

    def render(self, row):
        self.op, self.row = "render", row
        return self.picture(self.env.render()[row])

    def close(self):
        self.env.close()


def batch(space, shape):
    """A Box of that shape and the space's dtype."""
    if not isinstance(space, gymnasium.spaces.Box):
        return space
    return gymnasium.spaces.Box(0, 1, shape, space.dtype)


class CartPoles(Rows):
    """Gymnasium's NumPy CartPole.

    By itself it restarts an episode one step late, so it is restarted by hand, each row from the state that a
    CartPole alone would draw with that seed.
    """

    def modes(self):
        return (AutoresetMode.NEXT_STEP,)

    def reset(self):
        x, _ = self.env.reset(seed=0)
        return self.start(range(self.rows), x)

    def ended(self, x, info):
        ended = np.flatnonzero(self.flags)
        for row in ended:
            self.keep[row](x[row])
        return self.start(ended, x)

    def start(self, rows, x):
        core = self.env.unwrapped
        for row in rows:
            rng = np.random.Generator(np.random.PCG64(int(self.seeds[row])))
            core.state[:, row] = rng.uniform(core.low, core.high, 4)
            core.steps[row], core.prev_done[row] = 0, False
            x[row] = core.state[:, row]
        return x


def make(request):
    """Makes the environments that are asked for."""
    if not request["vector"]:
        return Singles(request)
    if request["id"] in ("CartPole-v0", "CartPole-v1"):
        return CartPoles(request)
    return Rows(request)
