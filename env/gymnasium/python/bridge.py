"""The child's end of covey's bridge to Gymnasium.

covey starts an interpreter with a pipe of commands as standard input and one of answers as standard output. On Linux it
also passes a life line, a pipe that nobody writes to and that ends when covey does, and memory to share. The child
begins with a mark, for anything may be printed until boot.py runs. It says what it made, is told where the data stand,
and then does one thing per command:

    G    what the commands of the rows ask for; without shared memory the input follows
    P    a picture of a row, whose number follows
    Q    close everything and end

An answer starts with K, and without shared memory the output follows; or with E, and a report of what went wrong.
"""

import gc
import importlib
import json
import mmap
import os
import struct
import sys
import traceback
import types


PATIENCE = 400e-6  # seconds; as covey's


class Pipes:
    """The two pipes, taken from standard input and output before anything else can write there."""

    def __init__(self):
        self.commands, self.answers = os.dup(0), os.dup(1)
        if os.name == "nt":
            import msvcrt

            for fd in self.commands, self.answers:
                msvcrt.setmode(fd, os.O_BINARY)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)  # libraries print: that goes where errors go

    def read(self, view):
        """Fills view, or ends the process where covey is gone."""
        view = memoryview(view).cast("B")
        while len(view):
            got = os.readv(self.commands, [view]) if hasattr(os, "readv") else self.copy(view)
            if not got:
                end()
            view = view[got:]

    def copy(self, view):
        got = os.read(self.commands, len(view))
        view[: len(got)] = got
        return len(got)

    def write(self, *parts):
        for part in parts:
            view = memoryview(part).cast("B")
            while len(view):
                try:
                    view = view[os.write(self.answers, view) :]
                except BrokenPipeError:
                    end()

    def done(self):
        try:
            os.write(self.answers, b"K")
        except BrokenPipeError:
            end()

    def message(self):
        size = bytearray(4)
        self.read(size)
        text = bytearray(struct.unpack("<I", size)[0])
        self.read(text)
        return json.loads(text.decode())

    def answer(self, kind, value):
        text = json.dumps(value).encode()
        self.write(kind, struct.pack("<I", len(text)), text)


def end():
    """Ends this process, and all that it started, at once."""
    if os.name == "posix":
        import signal

        if os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
    os._exit(0)


def hang_on(line):
    """Ends the process group when the life line does, whatever goes on in here then."""
    import fcntl
    import select
    import signal

    os.set_inheritable(line, False)
    if hasattr(fcntl, "F_SETSIG") and os.getpgrp() == os.getpid():
        fcntl.fcntl(line, fcntl.F_SETSIG, signal.SIGKILL)  # the system's doing: no thread, and no interpreter needed
        fcntl.fcntl(line, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(line, fcntl.F_SETFL, fcntl.fcntl(line, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([line], [], [], 0)[0]:
            end()
        return
    import threading

    threading.Thread(target=lambda: (os.read(line, 1), end()), daemon=True).start()


# Files that nobody looks into who wants to know where an environment failed.
NOBODYS = ("covey/", "<string>", "<frozen importlib", importlib.__file__)


def report(error, world):
    """What is told of an exception: what was going on, what it says, and where it was raised outside of covey."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(NOBODYS):
        trace = trace.tb_next
    kind, package = "raised", ""
    home, name = type(error).__module__, type(error).__name__
    chain = error
    while chain is not None:
        if isinstance(chain, ModuleNotFoundError):
            kind, package = "package", chain.name or ""
        elif type(chain).__name__ == "DependencyNotInstalled":
            kind = "package"
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    if home == "covey_spaces":
        kind = name.lower()
    elif home == "gymnasium.error" and name in ("NameNotFound", "NamespaceNotFound", "VersionNotFound"):
        kind = "unknown"
    elif isinstance(error, MemoryError):
        kind = "memory"
    if kind == "package" and world.op != "make":
        kind = "raised"
    text = str(error) if kind in ("unknown", "unsupported", "wrong") else "".join(traceback.format_exception_only(type(error), error))
    return {
        "op": world.op,
        "row": world.row,
        "kind": kind,
        "package": package,
        "text": text.strip(),
        "traceback": "".join(traceback.format_exception(type(error), error, trace or error.__traceback__)).strip()
        if trace is not None or kind == "raised"
        else "",
    }


def views(memory, layout, rows, data):
    """The parts of the shared memory, as arrays."""
    import numpy as np

    frame = np.uint8 if data else np.float32
    types_of = {
        "seeds": np.uint64,
        "commands": np.uint8,
        "actions": np.float32,
        "rewards": np.float32,
        "flags": np.uint8,
        "observations": frame,
        "finals": frame,
    }
    found = {}
    for name, dtype in types_of.items():
        at, width = layout[name]
        array = np.frombuffer(memory, dtype, rows * max(width, 1), at)
        found[name] = array.reshape(rows, width) if width else array
    return found


def main(request, load):
    """Makes what is asked for and serves it. load: loads the other modules, which need Gymnasium."""
    pipes = Pipes()
    world = types.SimpleNamespace(op="make", row=None)
    if request["line"] >= 0:
        hang_on(request["line"])
    if request["memory"] >= 0:
        os.set_inheritable(request["memory"], False)
    if request["path"]:
        sys.path[0] = request["path"]
    try:
        load("spaces")
        for wrapper in request["wrappers"] or ():
            module = wrapper["name"].partition(":")[0]
            if module.startswith("covey_"):
                load(module.removeprefix("covey_"))
        world = load("worlds").make(request)
        spec = world.spec()
        pipes.answer(b"K", spec)
        layout = pipes.message()
        shared = request["memory"] >= 0
        memory = mmap.mmap(request["memory"], layout["size"]) if shared else bytearray(layout["size"])
        world.attach(views(memory, layout, request["rows"], spec["observation"]["bytes"]))
    except BaseException as error:
        pipes.answer(b"E", report(error, world))
        end()
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked at again
    pipes.write(b"K")
    serve(pipes, world, None if shared else memoryview(memory), layout)


def looker(fd):
    """A function that waits for something to read, but not for long: covey's await in the other direction."""
    if not hasattr(os, "sched_yield"):
        return lambda: None
    import select
    import time

    poll = select.poll()
    poll.register(fd, select.POLLIN)
    ready, now, give_way = poll.poll, time.perf_counter, os.sched_yield

    def look():
        end = now() + PATIENCE
        while not ready(0) and now() < end:
            give_way()

    return look


def serve(pipes, world, memory, layout):
    """Answers until covey is gone. memory: None where it is shared."""
    finals, flags = layout["finals"][0], slice(layout["flags"][0], layout["flags"][0] + world.rows)
    read, commands, look, go, done = os.read, pipes.commands, looker(pipes.commands), world.go, pipes.done
    while True:
        look()
        command = read(commands, 1)
        if command != b"G":
            rarely(command, pipes, world)
            continue
        if memory is not None:
            pipes.read(memory[: layout["input"]])
        try:
            go()
        except BaseException as error:
            pipes.answer(b"E", report(error, world))
            continue
        done()
        if memory is not None:
            pipes.write(memory[layout["input"] : None if any(memory[flags]) else finals])


def rarely(command, pipes, world):
    """Does what is not asked at every step."""
    try:
        if command == b"P":
            row = bytearray(4)
            pipes.read(row)
            frame = world.render(struct.unpack("<I", row)[0])
            pipes.write(b"K", struct.pack("<II", *frame.shape[:2]), frame)
            return
        if command == b"Q":
            world.op, world.row = "close", None
            world.close()
            pipes.done()
    except BaseException as error:
        pipes.answer(b"E", report(error, world))
        return
    end()
