package testenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"counsel/sandbox/server"
)

// Files of the base folder:
//
//	users       shared lock: a process uses the servers; exclusive: the supervisor stops them
//	starting    exclusive lock: a process is finding or starting the supervisor
//	supervisor  exclusive lock: the supervisor is running
//	servers     JSON of servers; exists once both are ready
//	redis-N     exclusive lock: logical database N is in use
//	run/        the servers' folders; private/ those of single tests
//
// Only the supervisor removes the base folder: by one rename, with an exclusive lock on users. So a
// process that locked users checks that the name still refers to the locked file.

const (
	superviseEnv  = "COUNSEL_TESTENV_SUPERVISE"
	lingerEnv     = "COUNSEL_TESTENV_LINGER"
	linger        = 3 * time.Second // how long the servers outlive their last user
	probeInterval = 250 * time.Millisecond
	stopTimeout   = 15 * time.Second
)

// servers are the URLs of the shared servers.
type servers struct {
	MySQL, Redis string
}

// membership is this process's use of the shared servers. It ends with the process.
type membership struct {
	base    string
	users   *flock.Flock
	servers servers
}

func baseDir() string {
	return filepath.Join(tempDir(), "counsel-tests-"+strconv.Itoa(os.Getuid()))
}

// tempDir returns TMPDIR or, if that is not set, a folder in memory with room for the databases:
// tests create thousands of tables, and MariaDB flushes each to the disk.
func tempDir() string {
	const memory, room = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= room {
		return memory
	}
	return os.TempDir()
}

// The supervisor is this test binary, started once more. It must not reach the package's TestMain,
// which may not be ours.
func init() {
	base := os.Getenv(superviseEnv)
	if base == "" {
		return
	}
	syscall.CloseOnExec(3) // not inherited by the servers
	answer := os.NewFile(3, "answer")
	if err := supervise(base, answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// joinShared locks the users file under base, shared, and returns when the servers are ready.
func joinShared(base string, timeout time.Duration) (*membership, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	m := &membership{base: base}
	if err := m.lockUsers(ctx); err != nil {
		return nil, fmt.Errorf("shared servers: %w", err)
	}
	if err := m.findServers(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("shared servers: %w", err), m.users.Close())
	}
	return m, nil
}

func (m *membership) lockUsers(ctx context.Context) error {
	path := filepath.Join(m.base, "users")
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := server.PrivateDir(m.base); err != nil {
			return err
		}
		lock := flock.New(path)
		ok, err := lock.TryRLockContext(ctx, 20*time.Millisecond)
		if errors.Is(err, os.ErrNotExist) { // the folder was removed meanwhile
			continue
		}
		if err != nil || !ok {
			return errors.Join(err, lock.Close())
		}
		opened, err1 := lock.Stat()
		named, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(opened, named) {
			m.users = lock
			return nil
		}
		if err := lock.Close(); err != nil {
			return err
		}
	}
}

func (m *membership) findServers(ctx context.Context) error {
	starting := flock.New(filepath.Join(m.base, "starting"))
	if _, err := starting.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return err
	}
	defer func() { _ = starting.Close() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	attempts := 0
	for {
		supervisor := flock.New(filepath.Join(m.base, "supervisor"))
		free, err := supervisor.TryLock()
		err = errors.Join(err, supervisor.Close())
		if err != nil {
			return err
		}
		if free {
			err := m.startSupervisor(ctx)
			if attempts++; errors.Is(err, errNoAnswer) && attempts < 3 {
				continue // the lock was held by the supervisor of a killed process
			}
			return err
		}
		// The supervisor is running. Its servers file is only missing while it starts for another
		// process that has ended.
		b, err := os.ReadFile(filepath.Join(m.base, "servers"))
		if err == nil {
			return json.Unmarshal(b, &m.servers)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errNoAnswer = errors.New("the supervisor exited at once")

// startSupervisor starts a supervisor and waits for its response: the URLs of the servers, or an
// error.
func (m *membership) startSupervisor(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(m.base, "log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), superviseEnv+"="+m.base)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = r.SetReadDeadline(deadline)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return errors.Join(fmt.Errorf("the supervisor does not respond: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	var answer struct {
		servers
		Error string
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		_ = cmd.Wait() // see its log
		return fmt.Errorf("%w (log %s)", errNoAnswer, log.Name())
	}
	if answer.Error != "" {
		_ = cmd.Wait() // it reported the reason
		return errors.New(answer.Error)
	}
	m.servers = answer.servers
	return cmd.Process.Release()
}

// claimRedis locks a logical database that nothing else uses.
func (m *membership) claimRedis() (int, *flock.Flock, error) {
	for n := 1; n < server.Databases; n++ {
		lock := flock.New(filepath.Join(m.base, "redis-"+strconv.Itoa(n)))
		ok, err := lock.TryLock()
		if err != nil {
			return 0, nil, errors.Join(err, lock.Close())
		}
		if ok {
			return n, lock, nil
		}
		if err := lock.Close(); err != nil {
			return 0, nil, err
		}
	}
	return 0, nil, errors.New("all logical databases of the shared Redis are in use")
}

// supervise runs the servers until they have been unused for a while. It reports the result of the
// start to the process that started it.
func supervise(base string, answer *os.File) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT)
	lock := flock.New(filepath.Join(base, "supervisor"))
	if ok, err := lock.TryLock(); err != nil || !ok {
		return errors.Join(errors.New("another supervisor is running"), err)
	}
	defer func() { _ = lock.Close() }() // keeps the file reachable: the garbage collector closes unreachable files
	running, urls, err := startServers(base)
	if err != nil {
		err = errors.Join(err, removeRuns(base))
		oneLine := strings.ReplaceAll(err.Error(), "\n", "; ")
		b, _ := json.Marshal(map[string]string{"Error": oneLine})
		_, _ = answer.Write(b)
		return err
	}
	b, err := json.Marshal(urls)
	if err == nil {
		err = os.WriteFile(filepath.Join(base, "servers.new"), b, 0o600)
	}
	if err == nil {
		err = os.Rename(filepath.Join(base, "servers.new"), filepath.Join(base, "servers"))
	}
	if err != nil {
		return errors.Join(err, stopServers(running))
	}
	// The process that asked may have ended. Others read the file.
	_, _ = answer.Write(b)
	_ = answer.Close()

	users, err := awaitUnused(filepath.Join(base, "users"))
	err = errors.Join(err, stopServers(running))
	removed := fmt.Sprintf("%s.%d", base, os.Getpid())
	err = errors.Join(err, os.Rename(base, removed), os.RemoveAll(removed))
	return errors.Join(err, users.Close())
}

// awaitUnused returns with the users file locked exclusively when no process has used the servers
// for a while.
func awaitUnused(path string) (*flock.Flock, error) {
	grace := linger
	if d, err := time.ParseDuration(os.Getenv(lingerEnv)); err == nil {
		grace = d
	}
	users := flock.New(path)
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	lastUsed := time.Now()
	for range tick.C {
		ok, err := users.TryLock()
		if err != nil {
			return users, err
		}
		if !ok {
			lastUsed = time.Now()
			continue
		}
		if time.Since(lastUsed) >= grace {
			return users, nil
		}
		if err := users.Unlock(); err != nil {
			return users, err
		}
	}
	return users, nil
}

func startServers(base string) ([]*server.Server, servers, error) {
	// Remove what a killed supervisor left.
	if err := removeRuns(base); err != nil {
		return nil, servers{}, err
	}
	if missing := server.Missing(true, true); len(missing) > 0 {
		return nil, servers{}, &server.MissingError{Programs: missing}
	}
	run := filepath.Join(base, "run")
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout-10*time.Second)
	defer cancel()
	var db, redis *server.Server
	var group errgroup.Group
	group.Go(func() (err error) {
		db, err = server.MySQL(ctx, server.Config{Dir: filepath.Join(run, "mysql"), Scratch: true})
		return err
	})
	group.Go(func() (err error) {
		redis, err = server.Redis(ctx, server.Config{Dir: filepath.Join(run, "redis"), Scratch: true})
		return err
	})
	err := group.Wait()
	var running []*server.Server
	for _, s := range []*server.Server{db, redis} {
		if s != nil {
			running = append(running, s)
		}
	}
	if err != nil {
		return nil, servers{}, errors.Join(err, stopServers(running))
	}
	return running, servers{MySQL: db.URL, Redis: redis.URL}, nil
}

func stopServers(running []*server.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var group errgroup.Group
	for _, s := range running {
		group.Go(func() error { return s.Stop(ctx) })
	}
	return group.Wait()
}

// removeRuns removes everything from base but the locks.
func removeRuns(base string) error {
	return errors.Join(
		os.RemoveAll(filepath.Join(base, "servers")),
		os.RemoveAll(filepath.Join(base, "run")),
		os.RemoveAll(filepath.Join(base, "private")),
	)
}
