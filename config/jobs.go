package config

// Jobs configures background jobs.
type Jobs struct {
	checked
	Run         OnOff `env:"WORK" envDefault:"on"` // off: serve leaves jobs to other processes
	Concurrency int   `env:"WORK_CONCURRENCY" envDefault:"8"`
	// HTTPAddr is where the work command serves /livez, /readyz and /metrics; empty: nowhere.
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
	Key          string `env:"WEBHOOK_KEY"` // encrypts the webhooks' secrets in the database; empty: JWT_SECRET_KEY
	AllowPrivate bool   `env:"WEBHOOK_ALLOW_PRIVATE" envDefault:"false"`
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
