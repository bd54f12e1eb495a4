package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Database is the name of the service's database and account. The account may also create databases whose names start
// with it.
const Database = "counsel"

// MySQL starts MariaDB, or MySQL if MariaDB is not installed, and returns when it accepts queries. The first start
// initializes the folder, which takes seconds.
func MySQL(ctx context.Context, cfg Config) (_ *Server, err error) {
	program := findProgram(mysqlPrograms...)
	if program == "" {
		return nil, &MissingError{Programs: Missing(true, false)}
	}
	s, err := prepare(&cfg, "mysql")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.removeSocketDir()
		}
	}()
	password, err := Secret(filepath.Join(cfg.Dir, "password"))
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	rootPassword, err := Secret(filepath.Join(cfg.Dir, "password.root"))
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	data := filepath.Join(cfg.Dir, "data")
	// Not a shared folder: a starting server removes the temporary tables of others.
	if err := os.MkdirAll(tempDir(cfg), 0o700); err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	if err := initData(ctx, program, data, tempDir(cfg), s.child.logPath); err != nil {
		return nil, fmt.Errorf("mysql: new data folder: %w", err)
	}
	// The server runs these statements, one a line, at each start. They restore a lost database or password.
	initFile := filepath.Join(cfg.Dir, "init.sql")
	err = writePrivate(initFile, strings.Join([]string{
		"CREATE DATABASE IF NOT EXISTS `" + Database + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;",
		"CREATE USER IF NOT EXISTS '" + Database + "'@'localhost' IDENTIFIED BY '" + password + "';",
		"ALTER USER '" + Database + "'@'localhost' IDENTIFIED BY '" + password + "';",
		"GRANT ALL PRIVILEGES ON `" + Database + "%`.* TO '" + Database + "'@'localhost';",
		"ALTER USER 'root'@'localhost' IDENTIFIED BY '" + rootPassword + "';",
		"",
	}, "\n"))
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}

	dsn := mysql.NewConfig()
	dsn.Net, dsn.Addr = "unix", s.child.socket
	dsn.User, dsn.Passwd, dsn.DBName = Database, password, Database
	dsn.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("mysql: %w", err)
	}
	s.child.argv = append([]string{program}, mysqlArgs(cfg, data, initFile, s.child.socket)...)
	s.child.ready = func(ctx context.Context) error {
		conn, err := connector.Connect(ctx)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	if err := s.child.start(ctx); err != nil {
		return nil, err
	}
	u := url.URL{
		Scheme:   "mysql",
		User:     url.UserPassword(Database, password),
		Path:     "/" + Database,
		RawQuery: url.Values{"socket": {s.child.socket}}.Encode(),
	}
	s.URL = u.String()
	return s, nil
}

func tempDir(cfg Config) string {
	dir := filepath.Join(cfg.Dir, "tmp")
	if strings.Contains(dir, ":") { // MySQL would read it as a list of folders
		return os.TempDir()
	}
	return dir
}

// mysqlArgs returns the server's options. The prefix loose makes MariaDB and MySQL ignore options they do not know.
func mysqlArgs(cfg Config, data, initFile, socket string) []string {
	args := []string{
		"--no-defaults",
		"--datadir=" + data,
		"--tmpdir=" + tempDir(cfg),
		"--socket=" + socket,
		"--pid-file=" + filepath.Join(cfg.Dir, "mysqld.pid"),
		"--init-file=" + initFile,
		"--skip-networking",
		"--skip-name-resolve",
		"--skip-log-bin",
		"--loose-mysqlx=OFF",
		"--local-infile=OFF",
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_unicode_ci",
		"--default-time-zone=+00:00",
		"--performance-schema=OFF",
		"--innodb-buffer-pool-size=96M",
		"--innodb-log-buffer-size=4M",
		"--loose-innodb-log-file-size=32M",
		"--loose-innodb-redo-log-capacity=64M",
		"--key-buffer-size=1M",
		"--loose-aria-pagecache-buffer-size=4M",
		"--table-open-cache=400",
		"--table-definition-cache=400",
	}
	if cfg.Scratch {
		args = append(args,
			"--innodb-flush-log-at-trx-commit=0",
			"--innodb-doublewrite=OFF",
			"--loose-innodb-use-native-aio=OFF",
			"--sync-binlog=0",
			"--max-connections=500",
		)
	} else {
		args = append(args,
			"--innodb-flush-log-at-trx-commit=1",
			"--max-connections=200",
		)
	}
	return append(args, userArg()...)
}

// userArg allows running as root, which both servers refuse by default. Another user is not an option: the kernel would
// clear the parent death signal, and that user may have no access to the folder.
func userArg() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// initData initializes the data folder, under a temporary name until it is complete.
func initData(ctx context.Context, program, data, temp, logPath string) error {
	if _, err := os.Stat(data); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	half := data + ".new"
	if err := removeAll(ctx, half); err != nil {
		return err
	}
	if err := os.Mkdir(half, 0o700); err != nil {
		return err
	}
	version, err := exec.CommandContext(ctx, program, "--no-defaults", "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", program, err)
	}
	var argv []string
	if strings.Contains(string(version), "MariaDB") {
		install := findProgram(installPrograms...)
		if install == "" {
			return &MissingError{Programs: installPrograms[:1]}
		}
		if findProgram(installNeeds) == "" {
			return &MissingError{Programs: []string{installNeeds}}
		}
		argv = []string{ // the shell script cannot handle spaces in paths, so use a relative path
			install, "--no-defaults", "--datadir=./" + filepath.Base(half),
			"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
			"--innodb-log-file-size=32M",
		}
	} else {
		argv = []string{program, "--no-defaults", "--initialize-insecure", "--datadir=" + half}
	}
	if err := runOnce(ctx, filepath.Dir(half), temp, logPath, append(argv, userArg()...)...); err != nil {
		return err
	}
	return os.Rename(half, data)
}

// removeAll removes a folder. It retries, because the installer of a killed start may still be writing to it.
func removeAll(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := os.RemoveAll(dir)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}
