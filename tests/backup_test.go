package tests

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"counsel/sandbox/testenv"
)

// TestBackupCommands creates a backup while the service runs, restores it elsewhere, and signs in there.
func TestBackupCommands(t *testing.T) {
	t.Parallel()
	env, _ := productionEnv(t)
	p := launch(t, env, "serve").waitUntilListening()
	ada := p.register("ada@example.com")
	dir := filepath.Join(t.TempDir(), "backup")
	run := func(env map[string]string, want string, args ...string) {
		t.Helper()
		c := launch(t, env, args...)
		<-c.exited
		if !strings.Contains(c.output.String(), want) {
			t.Errorf("%v: %v\n%s", args, c.err, c.output)
		}
	}
	run(env, "The backup is complete", "backup", dir)

	elsewhere := maps.Clone(env)
	elsewhere["DATABASE_URL"], elsewhere["REDIS_URL"] = testenv.NewDatabaseURL(t), testenv.NewRedisURL(t)
	other := maps.Clone(elsewhere)
	other["JWT_SECRET_KEY"] = "another secret for " + t.Name() + ", long enough"
	run(other, "SECRET_KEY", "restore", dir)
	run(elsewhere, "The backup is restored", "restore", dir)
	launch(t, elsewhere, "serve").waitUntilListening().signIn(ada.id, "ada@example.com")
}
