package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

var (
	mysqlPrograms = []string{"mariadbd", "mysqld"}
	redisPrograms = []string{"redis-server", "valkey-server"}

	// installPrograms create a data folder for MariaDB. They need installNeeds, which is in another package on Debian,
	// without a dependency on it.
	installPrograms = []string{"mariadb-install-db", "mysql_install_db"}
)

const installNeeds = "my_print_defaults"

// programDirs are searched after PATH: on Debian, a normal user's PATH has no sbin, and Homebrew does not link some of
// these programs.
var programDirs = []string{
	"/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec",
	"/opt/homebrew/bin", "/opt/homebrew/opt/mariadb/bin", "/opt/homebrew/opt/mysql/bin",
	"/usr/local/opt/mariadb/bin", "/usr/local/opt/mysql/bin", "/usr/local/mysql/bin",
}

// MissingError is the error that server programs are not installed. Its text says how to install them.
type MissingError struct {
	Programs []string // for example "mariadbd (or mysqld)"
}

func (e *MissingError) Error() string {
	install, packages := []string{"apt-get install"}, map[string]string{
		mysqlPrograms[0]: "mariadb-server-core mariadb-client-core", redisPrograms[0]: "redis-server",
		installPrograms[0]: "mariadb-server-core", installNeeds: "mariadb-client-core",
	}
	if runtime.GOOS == "darwin" {
		install, packages = []string{"brew install"}, map[string]string{
			mysqlPrograms[0]: "mariadb", redisPrograms[0]: "redis", installPrograms[0]: "mariadb", installNeeds: "mariadb",
		}
	}
	for _, program := range e.Programs {
		name, _, _ := strings.Cut(program, " ")
		install = append(install, packages[name])
	}
	return fmt.Sprintf("not installed: %s; install with: %s", strings.Join(e.Programs, ", "), strings.Join(install, " "))
}

// Missing returns the names of the requested server programs that are not installed.
func Missing(mysql, redis bool) []string {
	var missing []string
	if mysql && findProgram(mysqlPrograms...) == "" {
		missing = append(missing, describeAlternatives(mysqlPrograms))
	}
	if redis && findProgram(redisPrograms...) == "" {
		missing = append(missing, describeAlternatives(redisPrograms))
	}
	return missing
}

func describeAlternatives(programs []string) string {
	return programs[0] + " (or " + strings.Join(programs[1:], ", ") + ")"
}

// findProgram returns the path of the first installed program, or "".
func findProgram(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
		for _, dir := range programDirs {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path
			}
		}
	}
	return ""
}
