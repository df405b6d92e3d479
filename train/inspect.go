package train

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"covey/checkpoint"
	"covey/metrics"
)

// The states of a run that has left a folder.
const (
	Running     = "running"     // a process is at it
	Finished    = "finished"    // it came to its end
	Interrupted = "interrupted" // by a signal: it can be resumed
	Failed      = "failed"      // with an error
	Killed      = "killed"      // its process ended without a word: it can be resumed
)

// Status is where the run in a folder stands.
type Status struct {
	State string
	PID   int // of the process that is at it; 0: none is, or it is not known
	Steps uint64
	// Return is the mean of the latest training episodes; NaN: none has ended.
	Return  float64
	Updated time.Time // when the run last wrote a row or its result
	Result  *Result   // nil: it has left none
}

// IsRun says whether the folder holds a run, perhaps one that has lost a part of itself.
func IsRun(dir string) bool {
	there := 0
	for _, name := range []string{ConfigFile, ProgressFile, CheckpointFolder} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			there++
		}
	}
	return there >= 2
}

// Inspect says where the run in a folder stands.
func Inspect(dir string) (*Status, error) {
	s := &Status{Return: math.NaN()}
	held, pid, err := checkpoint.Locked(dir)
	if err != nil {
		return nil, err
	}
	if s.Result, err = readResult(dir); err != nil {
		return nil, err
	}
	for _, name := range []string{ConfigFile, ProgressFile, ResultFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.ModTime().After(s.Updated) {
			s.Updated = info.ModTime()
		}
	}
	switch r := s.Result; {
	case held:
		s.State, s.PID = Running, pid
	case r == nil:
		s.State = Killed
	case r.Error != "":
		s.State = Failed
	case r.Interrupted:
		s.State = Interrupted
	default:
		s.State = Finished
	}
	if r := s.Result; r != nil && !held {
		s.Steps = r.EnvSteps
		if r.TrainReturnMean100 != nil {
			s.Return = *r.TrainReturnMean100
		}
		return s, nil
	}
	return s, s.readProgress(filepath.Join(dir, ProgressFile))
}

// readProgress takes steps and return from the latest row of metrics.
func (s *Status) readProgress(path string) error {
	rows, err := metrics.ReadColumns(path, "env_steps", "train_return_mean_100")
	if n := len(rows); n > 0 {
		s.Steps, s.Return = uint64(rows[n-1][0]), rows[n-1][1]
	}
	return err
}

// Remove removes the folder of a run that no process is at.
func Remove(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err != nil && !IsRun(dir) {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not a run: it has no %s", dir, ConfigFile)
		}
		return err
	}
	unlock, err := checkpoint.Lock(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(dir), unlock())
}
