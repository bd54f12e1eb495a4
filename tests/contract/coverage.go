package contract

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// directory names the variable with the directory in which test processes record what they saw.
const directory = "CONTRACT_SEEN"

// recorder appends each pair of operation and status to a file, when it is seen for the first time. A
// process that is killed has recorded what it saw.
type recorder struct {
	mu    sync.Mutex
	pairs map[string]bool
	file  *os.File // nil: nothing is recorded
}

func newRecorder() (*recorder, error) {
	r := &recorder{pairs: map[string]bool{}}
	dir := os.Getenv(directory)
	if dir == "" {
		return r, nil
	}
	var err error
	r.file, err = os.CreateTemp(dir, "seen-*")
	return r, err
}

func (r *recorder) seen(operation string, status int) error {
	if r.file == nil {
		return nil
	}
	pair := operation + " " + strconv.Itoa(status)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pairs[pair] {
		return nil
	}
	r.pairs[pair] = true
	_, err := r.file.WriteString(pair + "\n")
	return err
}

// Exception is a group of answers that no test has to produce.
type Exception struct {
	Status     string   `yaml:"status"`
	Operations []string `yaml:"operations"` // empty: all
	Reason     string   `yaml:"reason"`
}

func (e Exception) covers(operation, status string) bool {
	return e.Status == status && (len(e.Operations) == 0 || slices.Contains(e.Operations, operation))
}

// Coverage compares what test processes recorded in a directory with the contract.
type Coverage struct {
	Declared, Seen, Excepted int
	Missing                  []string // "operation status", neither seen nor excepted
	Needless                 []string // exceptions that were seen, or are not in the contract
}

// Percent is the part of what has to be seen that was.
func (c Coverage) Percent() float64 {
	return 100 * float64(c.Seen) / float64(max(1, c.Seen+len(c.Missing)))
}

// ReadCoverage reads the records in dir and the exceptions in a YAML file.
func ReadCoverage(statuses map[string][]string, dir, exceptions string) (c Coverage, err error) {
	seen, err := readSeen(dir)
	if err != nil {
		return c, err
	}
	raw, err := os.ReadFile(exceptions)
	if err != nil {
		return c, err
	}
	var listed []Exception
	if err := yaml.Unmarshal(raw, &listed); err != nil {
		return c, fmt.Errorf("%s: %w", exceptions, err)
	}
	for _, e := range listed {
		if strings.TrimSpace(e.Reason) == "" {
			return c, fmt.Errorf("%s: the exception of %s gives no reason", exceptions, e.Status)
		}
		c.Needless = append(c.Needless, needless(e, statuses, seen)...)
	}
	for operation, declared := range statuses {
		for _, status := range declared {
			c.Declared++
			pair := operation + " " + status
			switch {
			case seen[pair]:
				c.Seen++
			case slices.ContainsFunc(listed, func(e Exception) bool { return e.covers(operation, status) }):
				c.Excepted++
			default:
				c.Missing = append(c.Missing, pair)
			}
		}
	}
	slices.Sort(c.Missing)
	return c, nil
}

// needless lists the operations of an exception that need none.
func needless(e Exception, statuses map[string][]string, seen map[string]bool) (out []string) {
	for _, operation := range e.Operations {
		if seen[operation+" "+e.Status] || !slices.Contains(statuses[operation], e.Status) {
			out = append(out, operation+" "+e.Status)
		}
	}
	return out
}

func readSeen(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "seen-*"))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			seen[lines.Text()] = true
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return seen, nil
}
