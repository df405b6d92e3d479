import ctypes.util, importlib, importlib.metadata, json, os, sys

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
answer = {"version": "%d.%d.%d" % sys.version_info[:3], "path": sys.executable, "packages": {}}
stdout = os.dup(1)
os.dup2(2, 1)  # packages print when they are imported
for module, package in json.loads(sys.argv[1]).items():
    found = answer["packages"][package] = {}
    try:
        found["version"] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        continue
    try:
        importlib.import_module(module)
    except BaseException as error:
        found["error"] = "%s: %s" % (type(error).__name__, error)
try:
    from ale_py import roms

    answer["roms"] = len(roms.get_all_rom_ids())
except BaseException:
    answer["roms"] = 0
answer["drawing"] = [name for name in ("EGL", "OSMesa") if ctypes.util.find_library(name)]
os.write(stdout, json.dumps(answer).encode())
os._exit(0)
