package algo_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"covey/algo"
)

func panics(v any, earlier error) (err error) {
	defer algo.Recover(&err)
	if v != nil {
		panic(v)
	}
	return earlier
}

func TestRecover(t *testing.T) {
	if err := panics(nil, io.EOF); !errors.Is(err, io.EOF) {
		t.Errorf("error %v without a panic", err)
	}
	err := panics("out of luck", nil)
	p, ok := errors.AsType[*algo.Panic](err)
	if !ok || p.Value != "out of luck" || err.Error() != "panic: out of luck" || !strings.Contains(string(p.Stack), "panic_test.go") {
		t.Errorf("error %v, %+v", err, p)
	}
	if err := panics(io.ErrShortWrite, nil); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("error %v is not the one that was panicked with", err)
	}
	if again, ok := errors.AsType[*algo.Panic](panics(p, nil)); !ok || again != p {
		t.Errorf("a panic that went on became %v", again)
	}
}
