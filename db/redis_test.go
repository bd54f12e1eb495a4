package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"counsel/db"
	"counsel/domain"
	"counsel/sandbox/testenv"
	"counsel/sandbox/testkit"
)

func openRedis(t testing.TB, url string) rueidis.Client {
	t.Helper()
	c, err := db.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func get(ctx context.Context, c rueidis.Client, key string) (string, error) {
	return c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Minute).ToString()
}

func set(ctx context.Context, c rueidis.Client, key, value string) error {
	return c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).Error()
}

func TestOpenRedisErrors(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://x", "redis://:hunter2@h:port/1"} {
		_, err := db.OpenRedis(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", url, err)
		}
	}
	url := testenv.PrivateRedis(t).URL
	admin := openRedis(t, url)
	if err := admin.Do(t.Context(), admin.B().ConfigSet().ParameterValue().ParameterValue("requirepass", "hunter2").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenRedis(t.Context(), url); err == nil || !strings.Contains(err.Error(), "refuses") {
		t.Errorf("without the password: %v", err)
	}
}

func TestRedisCacheInvalidation(t *testing.T) {
	t.Parallel()
	url := testenv.NewRedisURL(t)
	ctx := t.Context()
	client, other := openRedis(t, url), openRedis(t, url)
	if err := set(ctx, client, "heed", "1"); err != nil {
		t.Fatal(err)
	}
	if v, err := get(ctx, client, "heed"); err != nil || v != "1" {
		t.Fatal(v, err)
	}
	if r := client.DoCache(ctx, client.B().Get().Key("heed").Cache(), time.Minute); !r.IsCacheHit() {
		t.Fatal("the second read was not served from the cache")
	}
	// Our own change is visible once a later command was answered.
	for i := range 200 {
		want := strings.Repeat("x", i+1)
		if err := set(ctx, client, "heed", want); err != nil {
			t.Fatal(err)
		}
		if err := client.Do(ctx, client.B().Ping().Build()).Error(); err != nil {
			t.Fatal(err)
		}
		if v, err := get(ctx, client, "heed"); err != nil || v != want {
			t.Fatalf("after %d changes: %q, %v", i, v, err)
		}
	}
	if err := set(ctx, other, "heed", "theirs"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "another client's change", func() bool { v, _ := get(ctx, client, "heed"); return v == "theirs" })
}

func TestRedisDownAtStart(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	server.Stop()
	c := openRedis(t, server.URL)
	if err := set(t.Context(), c, "k", "v"); !errors.Is(err, db.ErrRedisDown) {
		t.Fatalf("%v", err)
	}
	server.Restart()
	testkit.Eventually(t, "Redis came", func() bool { return set(t.Context(), c, "k", "v") == nil })
}

func TestRedisOutage(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	c := openRedis(t, server.URL)
	ctx := t.Context()
	if err := set(ctx, c, "k", "v"); err != nil {
		t.Fatal(err)
	}
	down := func(what string) {
		t.Helper()
		testkit.Eventually(t, what, func() bool { _, err := get(ctx, c, "k"); return errors.Is(err, db.ErrRedisDown) })
		began := time.Now()
		for range 1000 {
			if err := set(ctx, c, "k", "v"); domain.CodeOf(db.Error(err)) != domain.Unavailable {
				t.Fatalf("%s: %v", what, err)
			}
			for _, r := range c.DoMulti(ctx, c.B().Get().Key("k").Build(), c.B().Get().Key("l").Build()) {
				if !errors.Is(r.Error(), db.ErrRedisDown) {
					t.Fatalf("%s: %v", what, r.Error())
				}
			}
			if r := c.DoMultiCache(ctx, rueidis.CT(c.B().Get().Key("k").Cache(), time.Minute)); len(r) != 1 || !errors.Is(r[0].Error(), db.ErrRedisDown) {
				t.Fatalf("%s: %v", what, r)
			}
			if err := c.Receive(ctx, c.B().Subscribe().Channel("k").Build(), func(rueidis.PubSubMessage) {}); !errors.Is(err, db.ErrRedisDown) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		// A single timeout would take a second.
		if d := time.Since(began); d > 900*time.Millisecond {
			t.Fatalf("%s: 4,000 commands took %v to fail", what, d)
		}
	}
	up := func(what string) {
		t.Helper()
		testkit.Eventually(t, what, func() bool { return set(ctx, c, "k", "v") == nil })
		if v, err := get(ctx, c, "k"); err != nil || v != "v" {
			t.Fatalf("%s: %q, %v", what, v, err)
		}
	}
	server.Kill9()
	down("killed")
	server.Restart()
	up("restarted after a kill")
	server.Pause()
	down("paused")
	server.Resume()
	up("resumed after a pause")
}

func TestRedisCallerDeadline(t *testing.T) {
	t.Parallel()
	c := openRedis(t, testenv.NewRedisURL(t))
	expired, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-expired.Done()
	for range 100 {
		if err := set(expired, c, "k", "v"); err == nil {
			t.Fatal("an expired context wrote")
		}
		if err := set(t.Context(), c, "k", "v"); err != nil {
			t.Fatalf("one caller's deadline blocked another caller: %v", err)
		}
	}
}

func TestRedisCloseWhileDown(t *testing.T) {
	t.Parallel()
	server := testenv.PrivateRedis(t)
	c, err := db.OpenRedis(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	server.Kill9()
	testkit.Eventually(t, "down", func() bool { return errors.Is(set(t.Context(), c, "k", "v"), db.ErrRedisDown) })
	c.Close()
	c.Close()
	if err := set(t.Context(), c, "k", "v"); domain.CodeOf(db.Error(err)) != domain.Unavailable {
		t.Fatalf("%v", err)
	}
}
