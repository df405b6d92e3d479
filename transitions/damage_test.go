package transitions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"covey/internal/safetensors"
	"covey/replay"
)

// TestDamageIsNamed: each defect of a file is an error that names the file and the tensor.
func TestDamageIsNamed(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	steps := len(record(t, whole, false, 12, 1))
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	h, err := safetensors.Read(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	at := func(c column, byteInIt int) int { return int(h.Data+find(h, names[c]).Offset) + byteInIt }
	nan := []byte{0, 0, 0xc0, 0x7f}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte {
			if !strings.Contains(string(b[:h.Data]), old) {
				t.Fatalf("the header has no %s", old)
			}
			return []byte(strings.Replace(string(b), old, new, 1))
		}
	}
	put := func(c column, byteInIt int, what ...byte) func([]byte) []byte {
		return func(b []byte) []byte { copy(b[at(c, byteInIt):], what); return b }
	}
	last := steps - 1
	if err := Verify(whole); err != nil {
		t.Fatalf("the whole file: %v", err)
	}
	for _, tt := range []struct {
		name   string
		damage func([]byte) []byte
		want   string
	}{
		{"empty", func([]byte) []byte { return nil }, "0 bytes are too few"},
		{"truncated", func(b []byte) []byte { return b[:len(b)-1] }, `tensor "starts" lies at`},
		{"cut in half", func(b []byte) []byte { return b[:len(b)/2] }, `tensor "`},
		{"another format", replace(format, "covey.transitionz"), "not a file of transitions"},
		{"newer", replace(`"version":"1"`, `"version":"2"`), `version "2" of the format`},
		{"broken space", replace(`"{\"kind\":\"Box\",\"shape\":[2,3]`, `"{\"kind\";\"Box\",\"shape\":[2,3]`), "metadata observation_space"},
		{"unknown kind", replace(`\"kind\":\"Box\",\"shape\":[2],`, `\"kind\":\"Bag\",\"shape\":[2],`), `tensor "actions" is F32`},
		{"a tensor by another name", replace(`"rewards"`, `"rewardz"`), `tensor "rewards" is missing`},
		{"another shape", replace(`\"shape\":[2,3]`, `\"shape\":[3,2]`), `tensor "observations" is F32[`},
		{"NaN in the rewards", put(rewards, 4*5, nan...), `tensor "rewards", row 5: element 0 is NaN`},
		{"NaN in the observations", put(observations, 24*7+8, nan...), `tensor "observations", row 7: element 2 is NaN`},
		{"NaN in the actions", put(actions, 8*3+4, nan...), `tensor "actions", row 3: element 1 is NaN`},
		{"NaN in the final observations", put(finals, 24*2, nan...), `tensor "final_observations", row 2: element 0 is NaN`},
		{"infinite reward", put(rewards, 0, 0, 0, 0x80, 0x7f), `tensor "rewards", row 0: element 0 is +Inf`},
		{"an action beyond its bounds", put(actions, 0, 0, 0, 0, 0x40), `tensor "actions", row 0: element 0 is 2, outside [-1, 1]`},
		{"no flag", put(truncated, 3, 7), `tensor "truncated", row 3: 7 is neither 0 nor 1`},
		{"no start", put(starts, 0, 0), `tensor "starts", row 0`},
		{"no end", put(terminated, last, 0), `tensor "truncated", row ` + fmt.Sprint(last)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, "damaged")
			b := tt.damage([]byte(string(data)))
			if tt.name == "no end" {
				b = put(truncated, last, 0)(b)
			}
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			err := Verify(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("error %v, want one of %s with %q", err, path, tt.want)
			}
		})
	}
	if err := Verify(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzFile: whatever is read to its end has as many steps and episodes as it says.
func FuzzFile(f *testing.F) {
	for _, pictures := range []bool{false, true} {
		path := filepath.Join(f.TempDir(), "x")
		record(f, path, pictures, 3, 1)
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := newFile("fuzzed", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		s, steps, ends := replay.NewStep(x.observation, x.action.Size()), 0, 0
		for ; err == nil; steps++ {
			if err = x.Next(s); err == nil && (s.Outcome.Terminated || s.Outcome.Truncated) {
				ends++
			}
		}
		if n, episodes := x.Size(); errors.Is(err, io.EOF) && (n != steps-1 || episodes != ends) {
			t.Fatalf("%d steps in %d episodes, read %d and %d", n, episodes, steps-1, ends)
		}
	})
}
