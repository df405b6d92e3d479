package compare

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets this binary play the programs that are compared.
func TestMain(m *testing.M) {
	switch os.Getenv("COMPARE_TEST_PLAYS") {
	case "":
		os.Exit(m.Run())
	case "learner":
		block := make([]byte, 64<<20)
		for i := range block {
			block[i] = 1
		}
		for _, name := range handicaps {
			if os.Getenv(name) != "" {
				fmt.Fprintln(os.Stderr, name)
				os.Exit(1)
			}
		}
		time.Sleep(50 * time.Millisecond)
		fmt.Printf(`{"start": %s, "sum": %d}`, os.Getenv("COVEY_BENCH_START"), 1+len(block)%2)
	case "failure":
		fmt.Fprintln(os.Stderr, "Traceback\nValueError: no such thing")
		os.Exit(3)
	case "benchmark":
		fmt.Println("BenchmarkX-2 10 7 ns/op")
	case "chatter":
		fmt.Println("hello")
	case "sleeper":
		time.Sleep(time.Minute)
	}
}

func play(t *testing.T, part string) Job {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Job{Program: self, Env: []string{"COMPARE_TEST_PLAYS=" + part}, Watch: time.Millisecond}
}

func TestJobRunsWithoutHandicaps(t *testing.T) {
	for _, name := range handicaps {
		t.Setenv(name, "512")
	}
	var got struct{ Start, Sum int64 }
	before := time.Now().UnixNano()
	seen, err := play(t, "learner").Run(context.Background(), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Sum != 1 || got.Start < before || got.Start > time.Now().UnixNano() {
		t.Errorf("got %+v", got)
	}
	if seen.Seconds < 0.05 {
		t.Errorf("a process that sleeps 50 ms took %v s", seen.Seconds)
	}
	if runtime.GOOS == "linux" && (seen.PeakBytes < 64<<20 || seen.PeakBytes > 1<<30) {
		t.Errorf("a process of over 64 MB peaked at %d bytes", seen.PeakBytes)
	}
}

func TestFailuresSayWhy(t *testing.T) {
	for part, want := range map[string]string{
		"failure": "exit status 3: ValueError: no such thing",
		"chatter": "its result: ",
		"sleeper": "not done after 20ms",
	} {
		j := play(t, part)
		if part == "sleeper" {
			j.Limit = 20 * time.Millisecond
		}
		_, err := j.Run(context.Background(), &struct{}{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", part, err, want)
		}
	}
}

// TestChildrenOfAllThreads: the kernel lists a child with the thread that started it.
func TestChildrenOfAllThreads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	const threads = 4
	self, pids, end := play(t, "sleeper"), make(chan int, threads), make(chan struct{})
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			runtime.LockOSThread() // until the end, so that each has another
			defer runtime.UnlockOSThread()
			child := exec.Command(self.Program)
			child.Env = self.Env
			if err := child.Start(); err != nil {
				t.Error(err)
				pids <- 0
				return
			}
			pids <- child.Process.Pid
			<-end
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = child.Wait() // killed
		})
	}
	var started []int
	for range threads {
		started = append(started, <-pids)
	}
	family := descendants(os.Getpid())
	close(end)
	wg.Wait()
	for _, pid := range started {
		if !slices.Contains(family, pid) {
			t.Errorf("child %d is not among %v", pid, family)
		}
	}
}

func TestGoBench(t *testing.T) {
	self := play(t, "benchmark").Program
	t.Setenv("COMPARE_TEST_PLAYS", "benchmark")
	all, err := GoBench(t.Context(), "", self)
	if err != nil || len(all) != 1 || all[0].Name != "X" {
		t.Errorf("%v, error %v", all, err)
	}
	t.Setenv("COMPARE_TEST_PLAYS", "failure")
	if _, err := GoBench(t.Context(), "", self, "-x"); err == nil || !strings.Contains(err.Error(), " -x: exit status 3: Traceback\nValueError: no such thing") {
		t.Errorf("error %v", err)
	}
}

func TestMainEndsWithACode(t *testing.T) {
	wrong := errors.New("wrong")
	for _, c := range []struct {
		parsed, ran error
		runs        bool
		want        int
	}{{nil, nil, true, 0}, {flag.ErrHelp, wrong, false, 0}, {wrong, nil, false, 1}, {nil, wrong, true, 1}} {
		runs := false
		code := Main("x", func([]string) (int, error) { return 7, c.parsed }, func(_ context.Context, o int) error {
			runs = o == 7
			return c.ran
		})
		if code != c.want || runs != c.runs {
			t.Errorf("%+v: code %d, runs: %v", c, code, runs)
		}
	}
}

func TestFlagsAreAllArguments(t *testing.T) {
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	n := flags.Int("n", 1, "")
	if err := ParseFlags(flags, []string{"-n", "2"}); err != nil || *n != 2 {
		t.Errorf("-n is %d, error %v", *n, err)
	}
	if err := ParseFlags(flags, []string{"-n", "3", "more"}); err == nil || !strings.Contains(err.Error(), `"more"`) {
		t.Errorf("error %v", err)
	}
}

func TestLineIsWhatOneWouldType(t *testing.T) {
	j := Job{Program: "/somewhere/covey", Env: []string{"GOMAXPROCS=1"}, Args: []string{"train", "CartPole-v1"}}
	if got, want := j.Line(), "GOMAXPROCS=1 covey train CartPole-v1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTableIsAligned(t *testing.T) {
	var b strings.Builder
	WriteTable(&b, [][]string{{"what", "µs"}, {"a", "1,000"}})
	want := "| what |    µs |\n| ---  |  ---: |\n| a    | 1,000 |\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{999: "999", 1234: "1.2 k", 98_200: "98.2 k", 999_900: "1.00 M", 1_240_000: "1.24 M"} {
		if got := Count(x); got != want {
			t.Errorf("Count(%v) = %s, want %s", x, got, want)
		}
	}
	for x, want := range map[float64]string{0.0712: "0.071", 1.234: "1.23", 41.72: "41.7"} {
		if got := Duration(x); got != want {
			t.Errorf("Duration(%v) = %s, want %s", x, got, want)
		}
	}
}

func TestBenchmarksAreRead(t *testing.T) {
	const output = "goos: linux\nBenchmarkX/a-b/cores=1-16 \t 10\t 100 ns/op\t 2.5 GFLOP/s\nBenchmarkX/a-b/cores=1-16 \t 10\t 300 ns/op\t 2 GFLOP/s\nBenchmarkY/64-64x100 \t 1\t 7 ns/op\nPASS\n"
	all, err := ReadBenchmarks(strings.NewReader(output))
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	x, y := all[0], all[1]
	if x.Name != "X/a-b/cores=1" || !slices.Equal(x.Values["ns/op"], []float64{100, 300}) || !slices.Equal(x.Values["GFLOP/s"], []float64{2.5, 2}) {
		t.Errorf("got %+v", x)
	}
	if y.Name != "Y/64-64x100" || !slices.Equal(y.Values["ns/op"], []float64{7}) {
		t.Errorf("got %+v", y)
	}
	for _, output := range []string{"", "PASS\n", "BenchmarkX-2 10 fast ns/op\n"} {
		if all, err := ReadBenchmarks(strings.NewReader(output)); err == nil {
			t.Errorf("%q is read as %v", output, all)
		}
	}
}
