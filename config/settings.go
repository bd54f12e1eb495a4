package config

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"reflect"
	"strings"
)

// fileSuffix ends the name of a variable that names a file with the value, as container platforms provide secrets.
const fileSuffix = "_FILE"

// maxFile limits such a file, in bytes.
const maxFile = 64 << 10

// Where the value of a setting comes from. A file is named by its path instead.
const (
	FromDefault     = "default"
	FromEnvironment = "environment"
)

// Setting is the value of a variable as it is in force.
type Setting struct {
	Name   string
	Value  string // secrets are masked
	Source string // FromDefault, FromEnvironment, or the path of the file
}

// Settings returns what the environment sets, in the order of .env.example, and what c derives from it.
func (c *Config) Settings(environment map[string]string) []Setting {
	var all []Setting
	for _, field := range fieldsOf(reflect.ValueOf(c).Elem()) {
		inForce := field.value
		s := Setting{Name: field.Tag.Get("env"), Value: field.Tag.Get("envDefault"), Source: FromDefault}
		path := ""
		if acceptsFile(field) {
			path = environment[s.Name+fileSuffix]
		}
		switch value := environment[s.Name]; {
		case value != "":
			s.Value, s.Source = masked(value, field.Tag.Get("secret")), FromEnvironment
		case path != "":
			s.Value, s.Source = masked(inForce.String(), field.Tag.Get("secret")), path
		case inForce.Kind() == reflect.String && s.Value == "":
			s.Value = inForce.String()
		}
		s.Value = strings.ReplaceAll(s.Value, "\n", `\n`)
		all = append(all, s)
	}
	return all
}

// acceptsFile reports whether the value of a field can be in a file.
func acceptsFile(field field) bool {
	return field.Tag.Get("secret") != "" || field.Tag.Get("file") != ""
}

// withFiles returns the environment with the contents of the files that its variables NAME_FILE name.
func withFiles(environment map[string]string, f *faults) map[string]string {
	for _, field := range fields() {
		name := field.Tag.Get("env")
		path := environment[name+fileSuffix]
		switch {
		case path == "" || !acceptsFile(field):
		case environment[name] != "":
			f.add("%s and %s%s are both set", name, name, fileSuffix)
		default:
			value, err := readValue(path)
			if err != nil {
				f.add("%s%s: %w", name, fileSuffix, err)
			}
			environment[name] = value
		}
	}
	return environment
}

// readValue reads a file without the line break at its end.
func readValue(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch data = bytes.TrimRight(data, "\r\n"); {
	case err != nil:
		return "", err
	case len(data) == 0:
		return "", fmt.Errorf("%s is empty", path)
	case len(data) > maxFile:
		return "", fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return string(data), nil
}

const mask = "********"

// masked hides what the tag secret says: all of the value, or the password within a URL or DSN.
func masked(value, secret string) string {
	switch secret {
	case "all":
		return mask
	case "password":
		if strings.Contains(value, "://") {
			if u, err := url.Parse(value); err == nil {
				return u.Redacted()
			}
			return mask
		}
		if password := passwordOf(value); password != "" {
			return strings.Replace(value, ":"+password+"@", ":"+mask+"@", 1)
		}
	}
	return value
}
