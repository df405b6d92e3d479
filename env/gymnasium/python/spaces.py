"""Gymnasium's spaces as rows of float32 or bytes.

A space is flattened in the order of gymnasium.spaces.flatten: a Tuple from its first part to its last, a Dict in
the order of its own keys (which Gymnasium sorts unless it is told otherwise).
"""

import math

import numpy as np
from gymnasium import spaces


class Unsupported(Exception):
    """What covey cannot do with an environment, such as a space that is no row of numbers, and why."""


class Wrong(Exception):
    """What an environment returned although its spaces, or Gymnasium's interface, say otherwise."""


def leaves(space, name=""):
    """Yields the parts of a space that hold no others, with their names."""
    if isinstance(space, spaces.Tuple):
        for i, part in enumerate(space.spaces):
            yield from leaves(part, f"{name}[{i}]")
    elif isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from leaves(part, f"{name}[{key!r}]")
    else:
        yield name, space


def bounds(low, high):
    """Bounds as JSON has them: None for infinity, a single pair where all are equal."""

    def numbers(x):
        with np.errstate(over="ignore"):
            x = np.asarray(x, dtype=np.float64).astype(np.float32).reshape(-1)
        if np.isnan(x).any():
            raise Unsupported("a bound is NaN")
        if len(x) and (x == x[0]).all():
            x = x[:1]
        return [None if math.isinf(v) else v for v in x.tolist()]

    return numbers(low), numbers(high)


# --- observations: what an environment shows, written to a row


def observation(space):
    """Describes the Box that observations become."""
    parts, whole = list(leaves(space)), not isinstance(space, (spaces.Tuple, spaces.Dict))
    if not parts:
        raise Unsupported("the observation space is empty")
    low, high = [], []
    for name, part in parts:
        if isinstance(part, spaces.Box):
            low.append(np.asarray(part.low, np.float64).reshape(-1))
            high.append(np.asarray(part.high, np.float64).reshape(-1))
        elif isinstance(part, (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
            low.append(np.zeros(width(part)))
            high.append(np.ones(width(part)))
        else:
            raise Unsupported(f"the observation space{name} is a {type(part).__name__}, {reason(part)}")
    low, high = np.concatenate(low), np.concatenate(high)
    shape = [len(low)]
    if whole and isinstance(space, spaces.Box) and space.shape:
        shape = list(space.shape)
    low, high = bounds(low, high)
    data = all(isinstance(part, spaces.Box) and part.dtype == np.uint8 for _, part in parts)
    return {"kind": "Box", "shape": shape, "low": low, "high": high, "bytes": data}


def reason(part):
    """Why a space is refused."""
    if isinstance(part, spaces.Text):
        return "and text is no fixed number of numbers"
    return "which has no fixed number of numbers"


def width(part):
    """The number of elements of a part of an observation: choices are shown one-hot."""
    if isinstance(part, spaces.Discrete):
        return int(part.n)
    if isinstance(part, spaces.MultiDiscrete):
        return int(part.nvec.sum())
    return math.prod(part.shape)


def writer(space, row, name=""):
    """Returns a function that writes an observation of the space to row, which has room for just that."""
    if isinstance(space, spaces.Dict):
        return dict_writer(space, row, name)
    if isinstance(space, spaces.Tuple):
        return tuple_writer(space, row, name)
    if isinstance(space, spaces.Discrete):
        return choices_writer(row, [int(space.n)], space.start, name)
    if isinstance(space, spaces.MultiDiscrete):
        return choices_writer(row, space.nvec.reshape(-1), space.start.reshape(-1), name)
    return array_writer(space, row.reshape(space.shape), name)


def array_writer(space, row, name):
    shape, array, last = space.shape, np.ndarray, row.dtype  # last: a dtype that was found to go into the row's

    def write(x):
        nonlocal last
        if type(x) is not array:
            x = np.asarray(x)
        if x.shape != shape:
            raise Wrong(f"the observation{name} has shape {x.shape}, the space says {shape}")
        if x.dtype is not last:
            if not np.can_cast(x.dtype, row.dtype, "same_kind"):
                raise Wrong(f"the observation{name} has dtype {x.dtype}, the space says {space.dtype}")
            last = x.dtype
        row[...] = x

    return write


def choices_writer(row, counts, start, name):
    counts, start = np.asarray(counts), np.atleast_1d(start)
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])

    def write(x):
        x = np.asarray(x)
        if x.size != len(counts) or x.dtype.kind not in "iub":
            raise Wrong(f"the observation{name} is {x!r}, the space says {len(counts)} whole number(s)")
        x = x.reshape(-1).astype(np.int64) - start
        if (x < 0).any() or (x >= counts).any():
            raise Wrong(f"the observation{name} is {(x + start).tolist()}, outside its space")
        row[:] = 0
        row[offsets + x] = 1

    return write


def split(parts, row, name):
    """Yields each part's key with a writer to its place in the row."""
    at = 0
    for key, part in parts:
        n = sum(width(leaf) for _, leaf in leaves(part))
        yield key, writer(part, row[at : at + n], f"{name}[{key!r}]")
        at += n


def dict_writer(space, row, name):
    parts = list(split(space.spaces.items(), row, name))

    def write(x):
        for key, part in parts:
            try:
                value = x[key]
            except (KeyError, TypeError, IndexError):
                raise Wrong(f"the observation{name} is a {type(x).__name__} without {key!r}, the space says Dict") from None
            part(value)

    return write


def tuple_writer(space, row, name):
    parts = [part for _, part in split(enumerate(space.spaces), row, name)]

    def write(x):
        if not isinstance(x, (tuple, list)) or len(x) != len(parts):
            raise Wrong(f"the observation{name} is a {type(x).__name__}, the space says Tuple of {len(parts)}")
        for part, value in zip(parts, x):
            part(value)

    return write


# --- actions: rows of float32 as an environment takes them


def action(space):
    """Describes the space of actions."""
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": [int(space.n)], "start": [int(space.start)]}
    if isinstance(space, spaces.MultiBinary):
        return {"kind": "MultiBinary", "n": [math.prod(space.shape)]}
    parts = list(leaves(space))
    if parts and all(isinstance(part, spaces.Box) for _, part in parts):
        low = np.concatenate([np.asarray(part.low, np.float64).reshape(-1) for _, part in parts])
        high = np.concatenate([np.asarray(part.high, np.float64).reshape(-1) for _, part in parts])
        shape = [len(low)] if len(parts) > 1 or not parts[0][1].shape else list(parts[0][1].shape)
        low, high = bounds(low, high)
        return {"kind": "Box", "shape": shape, "low": low, "high": high}
    n, start, continuous = [], [], False
    for name, part in parts:
        if isinstance(part, spaces.Discrete):
            n, start = n + [int(part.n)], start + [int(part.start)]
        elif isinstance(part, spaces.MultiDiscrete):
            n, start = n + part.nvec.reshape(-1).tolist(), start + part.start.reshape(-1).tolist()
        elif isinstance(part, spaces.MultiBinary):
            n, start = n + [2] * math.prod(part.shape), start + [0] * math.prod(part.shape)
        elif isinstance(part, spaces.Box):
            continuous = True
        else:
            raise Unsupported(f"the action space{name} is a {type(part).__name__}, {reason(part)}")
    if not n:
        raise Unsupported("the action space is empty")
    if continuous:
        raise Unsupported(f"the action space {space} mixes choices with continuous numbers")
    return {"kind": "MultiDiscrete", "n": n, "start": start}


def reader(space, row):
    """Returns a function that makes an action of the space of what stands in row, of float32."""
    if isinstance(space, spaces.Discrete):
        numbers = [space.dtype.type(space.start + i) for i in range(int(space.n))]
        element = memoryview(row)
        return lambda: numbers[int(element[0])]
    if isinstance(space, spaces.Tuple):
        parts = [reader(part, place) for part, place in places(space.spaces, row)]
        return lambda: tuple(part() for part in parts)
    if isinstance(space, spaces.Dict):
        parts = list(zip(space.spaces, [reader(part, place) for part, place in places(space.spaces.values(), row)]))
        return lambda: {key: part() for key, part in parts}
    return array_reader(space, row.reshape(space.shape))


def array_reader(space, place):
    """Of a space of arrays. place: of its shape, or of that with a row for each of several actions before it."""
    dtype = space.dtype
    if isinstance(space, spaces.MultiDiscrete):
        return lambda: place.astype(dtype) + space.start
    if isinstance(space, spaces.Box) and dtype != np.float32:
        return box_reader(space, place)
    return lambda: place.astype(dtype)


def box_reader(space, place):
    """Of a Box that is not float32: rounding to or from it must not leave the bounds."""
    low, high, dtype = space.low, space.high, space.dtype
    if dtype.kind in "iu":
        return lambda: np.clip(np.rint(place.astype(np.float64)), low, high).astype(dtype)
    return lambda: np.clip(place.astype(dtype), low, high)


def places(parts, row):
    """Yields each part of an action with its place in the row."""
    at = 0
    for part in parts:
        n = sum(1 if isinstance(leaf, spaces.Discrete) else math.prod(leaf.shape) for _, leaf in leaves(part))
        yield part, row[at : at + n]
        at += n
