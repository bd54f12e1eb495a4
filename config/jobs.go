package config

// Jobs configures background jobs.
type Jobs struct {
	checked
	// on: serve also runs background jobs. off: other processes must run them ("counsel work").
	Run OnOff `env:"WORK" envDefault:"on"`
	// Number of jobs that run at a time. A quarter as many run in addition for people who are waiting.
	Concurrency int `env:"WORK_CONCURRENCY" envDefault:"8"`
	// Address on which "counsel work" serves /livez, /readyz and /metrics, such as 0.0.0.0:8081. Empty: none.
	HTTPAddr string `env:"WORK_HTTP_ADDR"`
}

func (j *Jobs) validate(f *faults) {
	f.between("WORK_CONCURRENCY", j.Concurrency, 1, 1000)
	if j.HTTPAddr != "" {
		f.address("WORK_HTTP_ADDR", j.HTTPAddr, "127.0.0.1:8081")
	}
}

// Webhooks configures webhooks to partners.
type Webhooks struct {
	// Key that encrypts the secrets of webhooks in the database: at least 32 characters. Empty: SECRET_KEY. If it changes,
	// every webhook needs a new secret.
	Key string `env:"WEBHOOK_KEY" secret:"all"`
	// true: webhooks may reach this machine and its network, and may use plain HTTP. dev always allows it.
	AllowPrivate bool `env:"WEBHOOK_ALLOW_PRIVATE" envDefault:"false"`
}

func (w *Webhooks) validate(f *faults) {
	if w.Key != "" && len(w.Key) < minSecret {
		f.add("WEBHOOK_KEY is shorter than %d characters", minSecret)
	}
}

func (w *Webhooks) validateProduction(f *faults) {
	if w.Key != "" {
		f.secret("WEBHOOK_KEY", w.Key)
	}
}

func (w *Webhooks) warnings() []string {
	if w.AllowPrivate {
		return []string{"WEBHOOK_ALLOW_PRIVATE is on: webhooks can reach this machine and its network"}
	}
	return nil
}
