package isolation

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

const (
	memoryCheckInterval = 10 * time.Millisecond
	maxStack            = 64 << 20 // limit of a goroutine: beyond it a parser recurses endlessly
)

// ServeIfChild serves the tasks and never returns if this process was started as a child. Otherwise it
// does nothing. Every program with a Pool, including test binaries, must call it first.
func ServeIfChild(taskSets ...Tasks) {
	if len(os.Args) != 3 || os.Args[1] != Command {
		return
	}
	memoryLimit, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil || memoryLimit <= 0 {
		fmt.Fprintln(os.Stderr, "counsel: "+Command+" is internal: the service starts it itself")
		os.Exit(2)
	}
	tasks := Tasks{}
	for _, t := range taskSets {
		maps.Copy(tasks, t)
	}
	out := os.Stdout
	os.Stdout = os.Stderr // keep library output out of responses
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	setLimits(memoryLimit)
	serve(tasks, os.Stdin, out, memoryLimit)
	os.Exit(0)
}

// LimitMemory makes this process exit when its resident memory exceeds limit bytes. On Linux the kernel
// also refuses memory beyond that.
func LimitMemory(limit int64) {
	setLimits(limit)
	watchMemory(limit)
}

func setLimits(limit int64) {
	debug.SetMemoryLimit(limit / 4 * 3) // collect garbage before the limit is reached
	debug.SetMaxStack(maxStack)
	setDataLimit(limit)
}

// watchMemory exits this process when its resident memory exceeds limit.
func watchMemory(limit int64) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(memoryCheckInterval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if residentMemory() > limit {
				fmt.Fprintln(os.Stderr, "out of memory")
				os.Exit(exitCodeMemory)
			}
		}
	}()
	return func() { close(done) }
}

type request struct {
	task       string
	args, file []byte
}

// serve responds to requests until in ends. It then exits at once, even in the middle of a task.
func serve(tasks Tasks, in io.Reader, out io.Writer, memoryLimit int64) {
	requests := make(chan request)
	go func() {
		from := bufio.NewReaderSize(in, 64<<10)
		for {
			var r request
			var err error
			if r.task, r.args, r.file, err = readRequest(from); err != nil {
				os.Exit(0) // the parent has exited
			}
			requests <- r
		}
	}()
	for r := range requests {
		stop := watchMemory(memoryLimit)
		resp := newResponse(runTask(tasks, r))
		stop()
		if residentMemory() > memoryLimit/2 {
			debug.FreeOSMemory()
			resp.Exhausted = residentMemory() > memoryLimit/2
		}
		if err := writeResponse(out, resp); err != nil {
			return
		}
	}
}

// runTask runs a task. A panic, which is a bug in a parser, becomes an error.
func runTask(tasks Tasks, r request) (parts [][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			parts, err = nil, fmt.Errorf("isolation: panic: %T", p)
		}
	}()
	task, ok := tasks[r.task]
	if !ok {
		return nil, errors.New("isolation: unknown task")
	}
	return task(context.Background(), r.args, r.file)
}
