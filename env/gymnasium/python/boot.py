# Given to the interpreter by -c. Every Python there is must be able to read this, to say that it is too old.
import json, os, struct, sys

os.write(1, b"\0covey\0")  # what stands before it was printed, by site packages or by a script that is called python
if sys.version_info[:2] < (3, 11):
    text = json.dumps({"op": "start", "kind": "python", "text": "%d.%d" % tuple(sys.version_info[:2])}).encode()
    os.write(1, b"E" + struct.pack("<I", len(text)) + text)
    sys.exit(0)
if os.name == "nt":
    import msvcrt

    for fd in 0, 1:
        msvcrt.setmode(fd, os.O_BINARY)
import io, linecache, types

message, stdin = b"", io.FileIO(0, closefd=False)
while len(message) < int(sys.argv[1]):  # a pipe gives what it holds
    part = stdin.read(int(sys.argv[1]) - len(message))
    if not part:
        sys.exit(0)  # covey is gone
    message += part
start = json.loads(message.decode())


def load(name):
    path, source = "covey/%s.py" % name, start["modules"][name]
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    module = types.ModuleType("covey_" + name)
    sys.modules[module.__name__] = module
    exec(compile(source, path, "exec"), module.__dict__)
    return module


sys.argv = [""]
load("bridge").main(start["request"], load)
