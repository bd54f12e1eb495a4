package config

import (
	"net/url"
	"strings"
)

// minSecret is the minimum length of a key, in characters.
const minSecret = 32

// passwordOf returns the password within a URL or a DSN (user:password@protocol(address)/name).
func passwordOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host+u.Path != "" && u.Scheme != "" && u.User != nil {
		p, _ := u.User.Password()
		return p
	}
	credentials, _, _ := strings.Cut(address, "@")
	_, p, _ := strings.Cut(credentials, ":")
	return p
}

// isWellKnown recognizes placeholders and defaults that were not replaced.
func isWellKnown(secret string) bool {
	s := strings.Trim(strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(secret)), "<>*")
	s = strings.TrimPrefix(s, "sk")
	for _, k := range []string{"your", "changeme", "changethis", "replaceme", "mysecret", "secretkey", "topsecret", "supersecret", "example", "placeholder", "insecure", "default", "devsecret"} {
		if strings.HasPrefix(s, k) {
			return true
		}
	}
	switch s {
	case "secret", "password", "admin", "root", "12345678", "minioadmin", "minio123":
		return true
	}
	return s == "" && secret != "" || isSequence(s) // s is empty for "sk-..."
}

// isSequence recognizes one repeated character, and sequences such as 0123456789abcdef.
func isSequence(s string) bool {
	steps := 0
	for i := 1; i < len(s); i++ {
		if d := int(s[i]) - int(s[i-1]); d == 0 || d == 1 {
			steps++
		}
	}
	return len(s) > 7 && steps*10 > len(s)*8
}
