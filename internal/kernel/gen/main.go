// Command gen writes the assembly of covey/internal/kernel: for each group of kernels the .s file, the Go
// declarations that go with it and, for the tiles, the switch that picks one. Run it as go generate does,
//
//	go run . ..
//
// It is a module of its own, so that what it needs is no requirement of covey.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

const argsPackage = "covey/internal/kernel/args"

// A group is the kernels of one file.
type group struct {
	name    string // of the file, and the folder where there is one
	pkg     string // Go package
	kernels []func(*asm)
}

var groups = []group{
	{"tile", "kernel", []func(*asm){tiles}},
	{"small", "kernel", []func(*asm){narrows, packeds, columns, transposes}},
	{"elementwise", "kernel", []func(*asm){elementwises, optimizers}},
	{"reduce", "kernel", []func(*asm){dot, columnSums}},
	{"transcendental", "kernel", []func(*asm){transcendentals}},
	{"image", "kernel", []func(*asm){fromBytes, pools}},
	{"lstm", "kernel", []func(*asm){lstms}},
	{"peak/fma", "peak", []func(*asm){peak}},
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: gen FOLDER, the folder of the kernel package")
	}
	files, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), content, 0o666); err != nil {
			log.Fatal(err)
		}
	}
}

// generate returns every generated file, by its path in the kernel package.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{"tile_dispatch_amd64.go": dispatch()}
	for _, g := range groups {
		assembly, stubs, err := g.generate()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		files[g.name+"_amd64.s"] = assembly
		files[g.name+"_stubs_amd64.go"] = stubs
	}
	return files, nil
}

func (g group) generate() (assembly, stubs []byte, err error) {
	ctx := build.NewContext()
	ctx.Package(argsPackage)
	ctx.ConstraintExpr("!purego")
	for _, a := range levels(ctx) {
		for _, emit := range g.kernels {
			emit(a)
		}
	}
	file, err := ctx.Result()
	if err != nil {
		build.LogError(log.Default(), err, 10)
		return nil, nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, nil, err
	}
	cfg := printer.Config{Name: "covey/internal/kernel/gen", Pkg: g.pkg}
	if assembly, err = printer.NewGoAsm(cfg).Print(file); err != nil {
		return nil, nil, err
	}
	if stubs, err = printer.NewStubs(cfg).Print(file); err != nil {
		return nil, nil, err
	}
	return assembly, stubs, onlyLowRegisters(assembly)
}

var highRegister = regexp.MustCompile(`\b[XY](1[6-9]|2\d|3[01])\b`)

// onlyLowRegisters checks that no AVX2 function uses a register that only AVX-512 has. avo would allocate it,
// and the assembler would take it where the instruction has such a form.
func onlyLowRegisters(assembly []byte) error {
	for function := range strings.SplitSeq(string(assembly), "\nTEXT ") {
		name, _, _ := strings.Cut(function, "(")
		if r := highRegister.FindString(function); r != "" && strings.HasSuffix(name, "AVX2") {
			return fmt.Errorf("%s needs register %s", name, r)
		}
	}
	return nil
}
