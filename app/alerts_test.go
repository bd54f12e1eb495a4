package app

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.yaml.in/yaml/v3"

	"counsel/config"
	"counsel/handlers/middleware"
)

// recorder registers collectors and records their names.
type recorder struct{ names map[string]bool }

var fqName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (r recorder) Register(c prometheus.Collector) error {
	ch := make(chan *prometheus.Desc)
	go func() { defer close(ch); c.Describe(ch) }()
	for desc := range ch {
		r.names[fqName.FindStringSubmatch(desc.String())[1]] = true
	}
	return nil
}

func (r recorder) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		_ = r.Register(c)
	}
}

func (r recorder) Unregister(prometheus.Collector) bool { return false }

// exposedMetrics returns the names of all metrics of the service.
func exposedMetrics(t *testing.T) map[string]bool {
	t.Helper()
	r := recorder{map[string]bool{"up": true}} // of Prometheus itself
	newAIMetrics(r)
	newProviderMetrics(r)
	newJobMetrics(r)
	r.MustRegister(collectors.NewDBStatsCollector(nil, "counsel"), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if _, err := middleware.New(middleware.Config{Registry: r, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	var cfg config.HTTP
	cfg.CertificateFile, cfg.CertificateKeyFile = writeCertificate(t, t.TempDir(), 1, time.Now())
	if _, err := newTLSConfig(cfg, time.Now, r, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return r.names
}

// metricName finds the names of metrics in an expression: words before a selector, a range or an operator.
var metricName = regexp.MustCompile(`\b((?:counsel|gen_ai|go_sql|process)_[a-z_]+|up)\b`)

// labels that look like the name of a metric
var labelName = regexp.MustCompile(`^gen_ai_(request_model|token_type)$`)

func checkExpression(t *testing.T, exposed map[string]bool, where, expression string) {
	t.Helper()
	names := metricName.FindAllString(expression, -1)
	if len(names) == 0 {
		t.Errorf("%s: no metric in %s", where, expression)
	}
	for _, name := range names {
		base := name
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			base = strings.TrimSuffix(base, suffix)
		}
		if !exposed[name] && !exposed[base] && !labelName.MatchString(name) {
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}
}

// TestAlerts: the alerts and the dashboard use metrics that exist, and each alert is tested and explained.
func TestAlerts(t *testing.T) {
	t.Parallel()
	exposed := exposedMetrics(t)
	read := func(path string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
			}
		}
	}
	if err := yaml.Unmarshal(read("deploy/prometheus/alerts.yaml"), &rules); err != nil {
		t.Fatal(err)
	}
	tests, guide := string(read("deploy/prometheus/alerts.test.yaml")), string(read("docs/operation.md"))
	for _, rule := range rules.Groups[0].Rules {
		checkExpression(t, exposed, rule.Alert, rule.Expr)
		if strings.Count(tests, rule.Alert) != 2 {
			t.Errorf("%s is not tested both quiet and firing", rule.Alert)
		}
		if !strings.Contains(guide, "`"+rule.Alert+"`") {
			t.Errorf("docs/operation.md does not explain %s", rule.Alert)
		}
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read("deploy/grafana/counsel.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(rules.Groups[0].Rules) < 10 || len(dashboard.Panels) < 10 {
		t.Errorf("only %d alerts and %d panels were checked", len(rules.Groups[0].Rules), len(dashboard.Panels))
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			checkExpression(t, exposed, panel.Title, target.Expr)
		}
	}
}

// TestAlertsFire runs the tests of the alerts with promtool.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: scripts/setup metrics")
	}
	out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", "../deploy/prometheus/alerts.test.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
