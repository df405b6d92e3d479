package archtest

// room is a package, or a family of them, and what it may know of the others.
type room struct {
	path  string // from the repository's root, "." for the root itself; a pattern as of path.Match
	knows string // the rooms it may import, as they stand in house; they stand above it
	pure  bool   // numerics: no files, network, log or clock
	main  bool   // programs: they may log and exit
}

// house is the repository, bottom first: imports point up this list only. The first room whose path
// matches is a package's own. Tests are bound by what the compiler allows and by nothing here: they
// may set a package beside whatever proves it.
var house = []room{
	{path: "internal/kernel/args"},
	{path: "internal/kernel/gen", knows: "internal/kernel/args", main: true},
	{path: "internal/kernel", knows: "internal/kernel/args", pure: true},
	{path: "internal/kernel/peak", knows: "internal/kernel"},
	{path: "internal/nearest"},
	{path: "internal/canvas"},
	{path: "internal/animation"},
	{path: "internal/chart"},
	{path: "internal/pyenv", knows: "internal/nearest"},
	{path: "internal/pyenv/pyenvtest", knows: "internal/pyenv"},
	{path: "internal/archtest"},
	{path: "internal/golden", knows: "internal/kernel"},
	{path: "internal/safetensors"},
	{path: "state"},
	{path: "returns", pure: true},
	{path: "env", knows: "state"},
	{path: "nn", knows: "internal/kernel env", pure: true},
	{path: "dist", knows: "internal/kernel state", pure: true},
	{path: "optim", knows: "internal/kernel state", pure: true},
	{path: "env/envtest", knows: "env state"},
	{path: "env/gymnasium", knows: "internal/pyenv env"}, // files, processes, clock: the one bridge to another world
	{path: "env/*", knows: "internal/nearest internal/canvas env state", pure: true},
	{path: "internal/corridor", knows: "env state"},
	{path: "policy", knows: "internal/kernel state env nn dist", pure: true},
	{path: "rollout", knows: "internal/kernel state env nn dist policy", pure: true},
	{path: "replay", knows: "env state", pure: true},
	{path: "algo", knows: "state env policy rollout", pure: true},
	{path: "algo/offpolicy", knows: "internal/kernel state env nn dist optim policy rollout replay algo", pure: true},
	{path: "algo/offpolicy/offpolicytest", knows: "internal/corridor internal/golden state env algo algo/offpolicy"},
	{path: "algo/*", knows: "internal/kernel state returns env nn dist optim policy rollout replay algo algo/offpolicy", pure: true},
	{path: "checkpoint", knows: "internal/safetensors state env"},
	{path: "transitions", knows: "internal/safetensors env replay checkpoint"},
	{path: "metrics", knows: "state"},
	{path: "train", knows: "state env policy rollout algo checkpoint metrics"},
	{path: "zoo"},
	{path: ".", knows: "internal/kernel internal/nearest internal/pyenv state env nn dist optim env/gymnasium env/* policy rollout replay algo algo/offpolicy algo/* checkpoint transitions metrics train zoo"},
	{path: "cmd/covey", knows: "internal/kernel internal/nearest internal/animation internal/chart internal/pyenv env env/gymnasium env/* policy transitions metrics train zoo .", main: true},
	{path: "bench/stats", pure: true},
	{path: "bench/compare", knows: "internal/pyenv"},
	{path: "bench/results", knows: "internal/chart metrics zoo . bench/stats bench/compare"},
	{path: "bench/torture", knows: "checkpoint train bench/stats bench/compare", main: true},
	{path: "bench/*", knows: "internal/kernel internal/chart internal/pyenv metrics env env/gymnasium policy replay zoo . bench/stats bench/compare bench/results", main: true},
}

// What pure rooms do without: the results of numerics depend on their arguments alone.
var impure = []string{"os", "net", "log", "time"}

// Names that say nothing about what a folder holds.
var emptyNames = []string{"util", "utils", "common", "misc", "helper", "helpers", "pkg"}

// exceptions are the single files that may read the world and end the program although their room
// may not, and why.
var exceptions = map[string]string{
	"internal/kernel/level.go": "reads COVEY_KERNEL once, before anything else, and ends the program where that level is missing",
}

// Third parties that are the business of one room.
var confined = map[string]string{
	"github.com/nats-io/": "cluster",
}

// Files of more lines hold more than one idea. Generated ones may be longer.
const maxLines = 450
