package app

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Set by scripts/release with -ldflags "-X counsel/app.version=…". Other builds contain what Go records about the checkout.
var version, commit, date string

// Version identifies the program.
type Version struct {
	Version string // of the release, or "dev"
	Commit  string // of the sources, with "+changes" if there were uncommitted ones; "unknown" without version control
	Date    string // of the commit, in RFC 3339; "unknown" without version control
	Go      string // the compiler and the platform
}

// CurrentVersion returns the version of the running program.
func CurrentVersion() Version {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) Version {
	v := Version{Version: version, Commit: commit, Date: date}
	if info != nil {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if v.Commit == "" && settings["vcs.revision"] != "" {
			v.Commit = settings["vcs.revision"]
			if settings["vcs.modified"] == "true" {
				v.Commit += "+changes"
			}
		}
		v.Date = cmp.Or(v.Date, settings["vcs.time"])
		// Go derives a version of the module from a tag. Between tags it is a pseudo-version, which says no more than the commit.
		if tag := info.Main.Version; v.Version == "" && strings.HasPrefix(tag, "v") && !strings.ContainsAny(tag, "-+") {
			v.Version = strings.TrimPrefix(tag, "v")
		}
	}
	v.Version, v.Commit, v.Date = cmp.Or(v.Version, "dev"), cmp.Or(v.Commit, "unknown"), cmp.Or(v.Date, "unknown")
	v.Go = runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	return v
}

// newBuildInfo returns a metric that is always 1 and whose labels are the version.
func newBuildInfo(v Version) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "counsel_build_info", Help: "Always 1; its labels are the version of the program.",
		ConstLabels: prometheus.Labels{"version": v.Version, "commit": v.Commit, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}
