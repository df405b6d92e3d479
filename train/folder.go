package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"covey/checkpoint"
	"covey/metrics"
	"covey/state"
)

// A run's folder.
const (
	ConfigFile       = "config.yaml"  // the configuration, with every key
	ProgressFile     = "progress.csv" // the metrics
	ResultFile       = "result.json"  // the Result, written last
	CheckpointFolder = "checkpoints"  // a checkpoint.Store of the whole run
	BestFolder       = "best"         // a checkpoint.Store of the best policy by evaluation

	eventFile = "events.out.tfevents.covey"
	panicFile = "panics.txt" // where panics happened
	oldFolder = "last"       // checkpoint of the latest policy, in runs of schema 1
	aside     = ".new"       // ends the name of a configuration that is not in its place yet
)

var (
	// ErrUnfinished refuses a folder for a new run: there is one that can be resumed.
	ErrUnfinished = errors.New("it holds a run that is not finished: resume it, or choose another folder")
	// ErrFinished refuses to resume a run that came to its end.
	ErrFinished = errors.New("the run is finished; give it a larger budget to go on")
)

// folder is a run's, locked.
type folder struct {
	dir    string
	opt    *Options
	synced bool // the configuration is on the disk
	unlock func() error
	tables []table // progress.csv, and with TensorBoard its file
	store  *checkpoint.Store
	best   *checkpoint.Store
}

// table is a file of metrics.
type table struct {
	journal *journal
	sink    metrics.Sink
	begin   func() error // writes the start of a new file
}

// openFolder makes the run's folder, which must not hold anything, or opens the one of the run that is to be
// resumed, and opens the files of metrics in it.
func openFolder(opt *Options, names []string) (f *folder, err error) {
	f = &folder{dir: opt.Dir, opt: opt}
	if opt.Resume {
		err = f.lockOld()
	} else {
		err = f.lockNew()
	}
	if err == nil {
		err = f.openTables(names)
	}
	if err != nil {
		return nil, errors.Join(err, f.abandon())
	}
	f.newStores()
	if opt.Resume {
		return f, nil
	}
	if err := f.beginFiles(); err != nil {
		return nil, errors.Join(err, f.abandon())
	}
	return f, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// lockNew makes the folder and locks it.
func (f *folder) lockNew() (err error) {
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	if err := refuse(f.dir); err != nil {
		return err
	}
	if f.unlock, err = checkpoint.Lock(f.dir); err != nil {
		return err
	}
	if err := refuse(f.dir); err != nil { // somebody was faster
		return err
	}
	if err := os.Mkdir(f.path(CheckpointFolder), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make run folder: %w", err)
	}
	return f.begin()
}

// refuse returns an error unless the folder is empty, but for what a run leaves that was killed before its configuration
// stood there.
func refuse(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("make run folder: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		switch e.Name() {
		case checkpoint.LockFile, ConfigFile + aside:
			return true
		case CheckpointFolder:
			inside, err := os.ReadDir(filepath.Join(dir, CheckpointFolder))
			return err == nil && len(inside) == 0
		}
		return false
	})
	if len(entries) == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, ConfigFile)); err == nil {
		if held, pid, err := checkpoint.Locked(dir); err == nil && held {
			return &checkpoint.InUseError{Dir: dir, PID: pid}
		}
		if r, err := readResult(dir); err == nil && !r.finished() {
			return fmt.Errorf("run folder %s: %w", dir, ErrUnfinished)
		}
	}
	return fmt.Errorf("run folder %s is not empty: it holds %s", dir, entries[0].Name())
}

// lockOld locks the folder of a run and sees that what the run cannot go on without is there.
func (f *folder) lockOld() (err error) {
	if _, err := os.Stat(f.path(ConfigFile)); err != nil {
		return fmt.Errorf("%s is not a run: %w", f.dir, err)
	}
	if f.unlock, err = checkpoint.Lock(f.dir); err != nil {
		return err
	}
	_, err = os.Stat(f.path(CheckpointFolder))
	if _, old := os.Stat(f.path(oldFolder)); old == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is a run of an older version, which kept no more than its policy: start a new run from it (--init)", f.dir)
	}
	if err != nil {
		return fmt.Errorf("the run in %s has lost its checkpoints: put them back, or train anew elsewhere: %w", f.dir, err)
	}
	return nil
}

// openTables opens the files of metrics.
func (f *folder) openTables(names []string) error {
	progress, err := openJournal(f.path(ProgressFile), true)
	if err != nil {
		return err
	}
	rows := metrics.NewCSV(progress, names)
	f.tables = append(f.tables, table{progress, rows, rows.Begin})
	if !f.opt.TensorBoard {
		return nil
	}
	events, err := openJournal(f.path(eventFile), false)
	if err != nil {
		return err
	}
	board := metrics.NewTensorBoard(events, names)
	f.tables = append(f.tables, table{events, board, func() error { return board.Begin(time.Now()) }})
	return nil
}

// sinks are what metrics are written to.
func (f *folder) sinks() (all []metrics.Sink) {
	if f != nil {
		for _, t := range f.tables {
			all = append(all, t.sink)
		}
	}
	return all
}

// latestRow is where the table of progress ends, and how long the run had lasted there; 0 where it has no rows.
func (f *folder) latestRow() (steps uint64, lasted time.Duration, err error) {
	if text, err := os.ReadFile(f.path(ProgressFile)); err != nil || !bytes.ContainsRune(text, '\n') { // the run ended before it began
		return 0, 0, err
	}
	rows, err := metrics.ReadColumns(f.path(ProgressFile), "env_steps", "wall_s")
	if n := len(rows); n > 0 {
		steps, lasted = uint64(rows[n-1][0]), seconds(rows[n-1][1])
	}
	return steps, lasted, err
}

// beginFiles begins the files that are empty.
func (f *folder) beginFiles() error {
	for _, t := range f.tables {
		if t.journal.size > 0 {
			continue
		}
		if err := errors.Join(t.begin(), t.journal.failure()); err != nil {
			return err
		}
	}
	return nil
}

// begin puts the configuration there, without waiting for the disk.
func (f *folder) begin() error {
	next := f.path(ConfigFile) + aside
	if err := os.WriteFile(next, f.opt.Labels.Config, 0o666); err != nil {
		return err
	}
	return os.Rename(next, f.path(ConfigFile))
}

// writeConfig brings the configuration to the disk.
func (f *folder) writeConfig() error {
	err := checkpoint.WriteFile(f.path(ConfigFile), f.opt.Labels.Config)
	f.synced = err == nil
	return err
}

// goOn puts the configuration of a run that is gone on with there, and takes away the result that it had when it was left.
func (f *folder) goOn() error {
	if err := f.writeConfig(); err != nil { // what stood there was the only one
		return err
	}
	if err := os.Remove(f.path(ResultFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// newStores makes the stores, which remember nothing of what was saved before.
func (f *folder) newStores() {
	f.store = &checkpoint.Store{Dir: f.path(CheckpointFolder), Keep: f.opt.Checkpoints.Keep}
	f.best = &checkpoint.Store{Dir: f.path(BestFolder), Keep: 1}
}

// renewStores waits until what is being saved is on the disk, and makes new stores.
func (f *folder) renewStores() error {
	err, protect := errors.Join(f.store.Wait(), f.best.Wait()), f.store.Protect
	f.newStores()
	f.store.Protect = protect
	return err
}

// state visits the lengths of the files, those that there are not included.
func (f *folder) state(w state.Walker) {
	var lengths [2]uint64
	for i, t := range f.tables {
		lengths[i] = t.journal.size
	}
	w.Uint64("progress_bytes", &lengths[0])
	w.Uint64("event_bytes", &lengths[1])
	for i, t := range f.tables {
		t.journal.size = lengths[i]
	}
}

// sync brings what a checkpoint is not to be without to the disk: the files that grow, and the configuration.
func (f *folder) sync() error {
	for _, t := range f.tables {
		t.journal.sync()
	}
	if f.synced {
		return nil
	}
	return f.writeConfig()
}

// failure is what could not be written to the files since it was last asked.
func (f *folder) failure() error {
	if f == nil {
		return nil
	}
	var errs []error
	for _, t := range f.tables {
		errs = append(errs, t.journal.failure())
	}
	return errors.Join(errs...)
}

// append adds a text to a file.
func (f *folder) append(name, text string) error {
	file, err := os.OpenFile(f.path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// abandon closes what a run that did not begin has opened.
func (f *folder) abandon() error {
	if f == nil {
		return nil
	}
	var errs []error
	for _, t := range f.tables {
		errs = append(errs, t.journal.Close())
	}
	return errors.Join(append(errs, f.close())...)
}

// close lets others into the folder.
func (f *folder) close() error {
	if f == nil || f.unlock == nil {
		return nil
	}
	return f.unlock()
}

func (f *folder) writeResult(r *Result) error {
	if f == nil {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(f.path(ResultFile), append(text, '\n'))
}

// readResult is the result that a run has left, nil where it has not left any.
func readResult(dir string) (*Result, error) {
	path := filepath.Join(dir, ResultFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	if err != nil {
		return nil, err
	}
	r := new(Result)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w: remove it, a run goes on without", path, err)
	}
	return r, nil
}
