package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// faults collects what is wrong with the settings.
type faults struct{ all []error }

func (f *faults) add(format string, args ...any) { f.all = append(f.all, fmt.Errorf(format, args...)) }

func (f *faults) err() error { return errors.Join(f.all...) }

func (f *faults) between(name string, v, low, high int) {
	if v < low || v > high {
		f.add("%s must be between %d and %d", name, low, high)
	}
}

func (f *faults) oneOf(name, v string, allowed ...string) {
	if !slices.Contains(allowed, v) {
		f.add("%s must be one of %s", name, strings.Join(allowed, ", "))
	}
}

// address checks host:port.
func (f *faults) address(name, v, example string) {
	if _, port, err := net.SplitHostPort(v); err != nil || port == "" {
		f.add("%s must be host:port, such as %s", name, example)
	}
}

// secret checks a value that production requires and that must not be a well-known default.
func (f *faults) secret(name, v string) {
	switch {
	case v == "":
		f.add("%s is not set", name)
	case isWellKnown(v):
		f.add("%s is a default that anyone can guess", name)
	}
}

// password checks the password within a URL or DSN.
func (f *faults) password(name, v string) {
	if p := passwordOf(v); p != "" && isWellKnown(p) {
		f.add("%s has a default password that anyone can guess", name)
	}
}

// setting is a variable and whether it is set.
type setting struct {
	name  string
	isSet bool
}

func set(name, v string) setting                   { return setting{name, v != ""} }
func changed(name, v, defaultValue string) setting { return setting{name, v != defaultValue} }

// requires reports settings that have no effect because needed is not set.
func (f *faults) requires(needed setting, dependents ...setting) {
	var names []string
	for _, d := range dependents {
		if d.isSet {
			names = append(names, d.name)
		}
	}
	switch {
	case needed.isSet || names == nil:
	case len(names) == 1:
		f.add("%s is not set: without it %s has no effect", needed.name, names[0])
	default:
		f.add("%s is not set: without it %s have no effect", needed.name, strings.Join(names, ", "))
	}
}

// together requires all of the settings if any is set.
func (f *faults) together(all ...setting) {
	for _, s := range all {
		f.requires(s, all...)
	}
}

func isHTTP(u *url.URL) bool { return u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") }
