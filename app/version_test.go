package app

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	t.Parallel()
	settings := func(pairs ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	checkout := settings("vcs.revision", "abc", "vcs.time", "2026-11-29T10:00:00Z", "vcs.modified", "false")
	for name, c := range map[string]struct {
		info                  *debug.BuildInfo
		version, commit, date string
	}{
		"nothing is recorded": {nil, "dev", "unknown", "unknown"},
		"no version control":  {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "dev", "unknown", "unknown"},
		"a commit":            {&debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261129100000-abc"}, Settings: checkout}, "dev", "abc", "2026-11-29T10:00:00Z"},
		"changes":             {&debug.BuildInfo{Settings: settings("vcs.revision", "abc", "vcs.modified", "true")}, "dev", "abc+changes", "unknown"},
		"a tag":               {&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}, Settings: checkout}, "1.2.0", "abc", "2026-11-29T10:00:00Z"},
		"changes after a tag": {&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0+dirty"}}, "dev", "unknown", "unknown"},
	} {
		if v := versionOf(c.info); v.Version != c.version || v.Commit != c.commit || v.Date != c.date {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
