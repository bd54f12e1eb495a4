package masking

import (
	"strings"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // type and text of each span, separated by ';'
	}{
		{"a.b+c@mail.example.co.uk, x@y.de.", "EMAIL a.b+c@mail.example.co.uk;EMAIL x@y.de"},
		{"twitter @handle and a @ b", ""},
		{"root@localhost-db1 failed", "EMAIL root@localhost-db1"},
		{"card 4111-1111-1111-1111 and 378282246310005", "CREDIT_CARD 4111-1111-1111-1111;CREDIT_CARD 378282246310005"},
		{"order 4111111111111112 shipped", ""},
		{"card 4111111111111112 declined", "CREDIT_CARD 4111111111111112"},
		{"iban nl91abna0417164300.", "IBAN nl91abna0417164300"},
		{"GB33 BUKB 2020 1555 5555 55 please", "IBAN GB33 BUKB 2020 1555 5555 55"},
		{"code GB34BUKB20201555555555", ""},
		{"ssn 219-09-9999", "SSN 219-09-9999"},
		{"000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000", "PHONE 000-12-3456;PHONE 666-12-3456;PHONE 123-00-4567;PHONE 123-45-0000"},
		{"itin 912-70-1234", "SSN 912-70-1234"},
		{"10.0.0.1 and 256.1.1.1 and fe80::1", "IP 10.0.0.1;IP fe80::1"},
		{"at 14:56:41 under Section 1.2.3.4 of version 2.0.0.1", ""},
		{"see https://a.example/x?y=1, http:// and example.org.", "URL https://a.example/x?y=1;URL example.org"},
		{"the end.It began. e.g. this, i.e. that", ""},
		{"born on 12.05.1978", "DATE 12.05.1978"},
		{"the term expires on 12/05/2028", ""},
		{"call 020 7946 0958 or +49 30 901820", "PHONE 020 7946 0958;PHONE +49 30 901820"},
		{"in 2020-2021 we paid $1,250,000 and 12.5% of 100,000,000", ""},
		{"28 U.S.C. 1746, 17 U.S.C. 512(c), Article 17(3)", ""},
		{"zip code 05520", "ADDRESS 05520"},
		{"passport number X1234567", "ID X1234567"},
	} {
		var got []string
		for _, s := range masker().Find(c.text) {
			got = append(got, s.Type.String()+" "+c.text[s.Start:s.End])
		}
		if strings.Join(got, ";") != c.want {
			t.Errorf("Find(%q)\n got %s\nwant %s", c.text, strings.Join(got, ";"), c.want)
		}
	}
}

// Masking takes linear time even for adversarial texts of a megabyte, and restoring returns the original.
func TestHugeTexts(t *testing.T) {
	for name, text := range benchTexts() {
		start := time.Now()
		s := masker().NewSession()
		m := mask(t, s, text)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
		if s.Restore(m.Text) != text {
			t.Errorf("%s: is not restored", name)
		}
	}
}

func TestManyAddresses(t *testing.T) {
	text := benchTexts()["mails800KB"]
	s := masker().NewSession()
	m := mask(t, s, text)
	if s.Found() != 20000 || strings.Contains(m.Text, "@") || !strings.Contains(m.Text, "[EMAIL_20000]") {
		t.Errorf("found %d of 20000", s.Found())
	}
}
