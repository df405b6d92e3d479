package algo

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Panic is the error of a learner one of whose goroutines panicked.
type Panic struct {
	Value any
	Stack []byte // of the goroutine, as it panicked
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Unwrap is the value where it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Recover is to be deferred: it adds a panic to *err, as a [*Panic]. One that was caught as a Panic elsewhere and panics on
// here stays the one that it was.
func Recover(err *error) {
	v := recover()
	if v == nil {
		return
	}
	p, ok := v.(*Panic)
	if !ok {
		p = &Panic{Value: v, Stack: debug.Stack()}
	}
	if *err == nil {
		*err = p
	} else {
		*err = errors.Join(*err, p)
	}
}
