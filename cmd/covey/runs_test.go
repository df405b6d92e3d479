package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"testing"
)

// TestQuestionsEndWithTheirContext: nobody answers, and Ctrl-C is heard all the same.
func TestQuestionsEndWithTheirContext(t *testing.T) {
	silent, mouth := io.Pipe()
	defer mouth.Close() //nolint:errcheck // of a pipe
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if agreed, err := ask(ctx, io.Discard, bufio.NewReader(silent), "remove all? "); agreed || !errors.Is(err, errInterrupted) {
		t.Errorf("agreed %v, error %v", agreed, err)
	}
}
