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
	watchEvery = 10 * time.Millisecond
	maxStack   = 64 << 20 // of a goroutine, beyond which a parser recurses for ever
)

// ServeIfChild serves the tasks and never returns if this process was started as a child of a Pool.
// Otherwise it does nothing. Every program that has a Pool, a test's, too, calls it first of all.
func ServeIfChild(all ...Tasks) {
	if len(os.Args) != 3 || os.Args[1] != Command {
		return
	}
	memory, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil || memory <= 0 {
		fmt.Fprintln(os.Stderr, "counsel: "+Command+" is not for people: the service starts it by itself")
		os.Exit(2)
	}
	tasks := Tasks{}
	for _, t := range all {
		maps.Copy(tasks, t)
	}
	out := os.Stdout
	os.Stdout = os.Stderr // nothing that a library prints gets into an answer
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	limit(memory)
	serve(tasks, os.Stdin, out, memory)
	os.Exit(0)
}

// LimitMemory ends this process once it resides in more than so many bytes; on Linux the kernel refuses it
// memory beyond that.
func LimitMemory(memory int64) {
	limit(memory)
	watch(memory)
}

func limit(memory int64) {
	debug.SetMemoryLimit(memory / 4 * 3) // garbage is collected before it comes to the worst
	debug.SetMaxStack(maxStack)
	limitData(memory)
}

// watch ends this process once it resides in more than memory.
func watch(memory int64) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if resident() > memory {
				fmt.Fprintln(os.Stderr, "out of memory")
				os.Exit(exitMemory)
			}
		}
	}()
	return func() { close(done) }
}

type request struct {
	task       string
	args, file []byte
}

// serve answers requests until in ends, which also ends the task that runs.
func serve(tasks Tasks, in io.Reader, out io.Writer, memory int64) {
	requests := make(chan request)
	go func() {
		from := bufio.NewReaderSize(in, 64<<10)
		for {
			var r request
			var err error
			if r.task, r.args, r.file, err = readRequest(from); err != nil {
				os.Exit(0) // the parent is gone
			}
			requests <- r
		}
	}()
	for r := range requests {
		stop := watch(memory)
		a := newAnswer(do(tasks, r))
		stop()
		if resident() > memory/2 {
			debug.FreeOSMemory()
			a.Last = resident() > memory/2
		}
		if err := writeAnswer(out, a); err != nil {
			return
		}
	}
}

// do does a task. A panic is the parser's own mistake over a file.
func do(tasks Tasks, r request) (parts [][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			parts, err = nil, fmt.Errorf("isolation: panic: %T", p)
		}
	}()
	task, ok := tasks[r.task]
	if !ok {
		return nil, errors.New("isolation: there is no such task")
	}
	return task(context.Background(), r.args, r.file)
}
