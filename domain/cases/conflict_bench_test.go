package cases

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	query "counsel/gen/query/cases"
	"counsel/sandbox/testkit"
)

// BenchmarkConflicts measures the check of one party among others. CONFLICT_PARTIES says how many, 2,000 if unset.
func BenchmarkConflicts(b *testing.B) {
	f := newFixture(b)
	count, _ := strconv.Atoi(os.Getenv("CONFLICT_PARTIES"))
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same names each time
	for range max(count/partiesPerCase, 20) {
		f.fill(f.open(f.anna, "Others"), random)
	}
	own := f.open(f.bert, "Own")
	var took []time.Duration
	conflicts := 0
	for b.Loop() {
		n := randomParty(random, SideOpposing)
		start := time.Now()
		found, err := f.conflicts(b.Context(), f.bert, own, []query.CaseParty{{ID: domain.NewID(), CaseID: own, Kind: string(n.Kind), Side: string(n.Side), Name: n.Name}})
		took = append(took, time.Since(start))
		testkit.Must(b, err)
		conflicts += len(found)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	_, err := f.pool.ExecContext(b.Context(), "TRUNCATE TABLE case_party_keys") // else the fixture deletes row by row
	testkit.Must(b, err)
	b.ReportMetric(float64(conflicts)/float64(len(took)), "conflicts/op")
}

const partiesPerCase = 100

// fill stores parties in one case, with one statement.
func (f *fixture) fill(id domain.ID, random *rand.Rand) {
	f.t.Helper()
	var parties, keys []any
	for range partiesPerCase {
		n, party := randomParty(random, SideClient), domain.NewID()
		stored, _, _ := searchKeys(n, n.parsedName())
		parties = append(parties, party[:], id[:], string(n.Kind), string(n.Side), n.Name, "", "", stored[0], []byte{}, []byte{}, f.anna.UserID[:], time.Unix(1e9, 0), keyVersion)
		for _, key := range stored {
			keys = append(keys, key, party[:])
		}
	}
	insert := func(into string, columns int, values []any) {
		row := "(" + strings.Repeat("?,", columns-1) + "?)"
		_, err := f.pool.ExecContext(f.t.Context(), into+" VALUES "+row+strings.Repeat(","+row, len(values)/columns-1), values...)
		testkit.Must(f.t, err)
	}
	insert(`INSERT INTO case_parties (id, case_id, kind, side, name, email, registration_number, name_key, email_key, registration_key, created_by, created_at, key_rules)`, 13, parties)
	insert(`INSERT INTO case_party_keys (name_key, party_id)`, 2, keys)
}

// randomParty returns names of which some are common, as in life: the frequency falls with the rank.
func randomParty(random *rand.Rand, side Side) NewParty {
	given := strings.Fields(`James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen
		Christopher Anna Daniel Maria Matthew Sofia Mohammed Fatima Ivan Olga Sergei Natalia Hans Ursula Jürgen Petra Pierre Claire José Carmen Luca Giulia Wei Yuki Min-jun Nguyen Piotr
		Katarzyna Lars Ingrid Antonio Lucia Ahmed Aisha Omar Yusuf Dmitri Elena Andreas Sabine`)
	family := strings.Fields(`Smith Johnson Williams Brown Jones Garcia Miller Davis Martinez Müller Schmidt Schneider Fischer Weber Ivanov Petrov Kuznetsov Rossi Russo Ferrari Dubois Martin Bernard
		Hansen Nielsen Jensen Kowalski Nowak Wang Li Zhang Chen Kim Lee Park Nguyen Tanaka Sato O'Brien McCarthy Al-Masri Hassan Khan Singh`)
	a, b := strings.Fields("Ar Bel Cor Dan El Fer Gal Har Il Jor Kal Lem Mor Nor Or Pel Quin Ros Sel Tam Ur Val Wes Yor Zan"), strings.Fields("an bert cik den er for gard ham ick jan kin land man nor ol per ris son ter ul ver win yak zig stein")
	pick := func(words []string) string { return words[int(float64(len(words))*random.Float64()*random.Float64())] }
	made := func() string { return pick(a) + pick(b) + pick(b) }
	if random.IntN(3) == 0 {
		return NewParty{Kind: PartyCompany, Side: side, Name: made() + " " + pick(strings.Fields("Trading Holdings Systems Capital Logistics Foods Energy Consulting Group Partners")) + " " + pick(strings.Fields("Ltd GmbH LLC S.A. Inc. B.V."))}
	}
	n := NewParty{Kind: PartyPerson, Side: side, Name: pick(given)}
	if random.IntN(4) == 0 {
		n.Name += " " + pick(given)
	}
	if random.IntN(3) == 0 {
		n.Name += " " + pick(family)
	} else {
		n.Name += " " + made()
	}
	return n
}
