package masking

import (
	"strings"
	"unicode"
)

// typeName is a name of a type in a placeholder.
type typeName struct {
	kind   Type
	issued bool // the name that this package issues; the others are translated or invented by a model
}

// typeTranslations are the names that models give to the types: synonyms and translations into German,
// French, Spanish, Portuguese, Italian and Dutch, in ASCII.
var typeTranslations = [typeCount]string{
	Person: "name individual party person_name personne persona pessoa persoon individuo nom nombre nome naam partei partie parte partij",
	Company: "organization organisation org business corporation firm company_name firma unternehmen gesellschaft societe entreprise compagnie " +
		"empresa compania sociedad organizacion companhia sociedade organizacao azienda societa impresa ditta organizzazione bedrijf onderneming " +
		"vennootschap organisatie",
	Location: "place city ort standort lieu localisation emplacement endroit lugar ubicacion localizacion local localizacao luogo localita posizione plaats locatie",
	Address:  "street_address postal_address addr adresse anschrift direccion domicilio endereco morada indirizzo adres",
	Email: "email_address e_mail e_mail_address mail e_mail_adresse email_adresse courriel adresse_e_mail adresse_email adresse_electronique correo " +
		"correo_electronico e_mails indirizzo_email indirizzo_e_mail posta_elettronica emailadres e_mailadres endereco_de_email",
	Phone: "phone_number telephone telephone_number tel telefon telefonnummer numero_de_telephone telefono telefone telefoon telefoonnummer " +
		"numero_de_telefono numero_di_telefono numero_de_telefone",
	CreditCard:  "card card_number credit_card_number kreditkarte carte carte_de_credit carte_bancaire tarjeta tarjeta_de_credito cartao cartao_de_credito carta_di_credito creditcard",
	IBAN:        "iban_code",
	SSN:         "us_ssn social_security_number sozialversicherungsnummer numero_de_securite_sociale",
	IP:          "ip_address ip_adresse adresse_ip direccion_ip endereco_ip indirizzo_ip ip_adres",
	URL:         "domain domain_name website web_address webseite site_web sitio_web sito_web",
	Date:        "date_time birthday date_of_birth birth_date datum geburtsdatum date_de_naissance fecha fecha_de_nacimiento data data_de_nascimento data_di_nascita geboortedatum",
	ID:          "identifier id_number kennung ausweis identifiant identificador identificacion identificacao identificativo identificatie",
	Title:       "job_title titel titre titulo titolo",
	Nationality: "nationalitat nationalitaet staatsangehorigkeit nationalite nacionalidad nacionalidade nazionalita nationaliteit",
	Literal:     "literal_text",
}

// nameNode is a node of the trie of type names. Edges are the letters and, as the last one, the separator of
// words.
type nameNode struct {
	next [27]uint16
	name *typeName
}

var typeNameTrie = func() []nameNode {
	trie := make([]nameNode, 1, 1500)
	add := func(text string, name *typeName) {
		at := uint16(0)
		for i := range len(text) {
			edge := nameEdge(rune(text[i]))
			if trie[at].next[edge] == 0 {
				trie = append(trie, nameNode{})
				trie[at].next[edge] = uint16(len(trie) - 1)
			}
			at = trie[at].next[edge]
		}
		if trie[at].name == nil {
			trie[at].name = name
		}
	}
	for t, name := range typeNames {
		add(strings.ToLower(name), &typeName{Type(t), true})
	}
	for t, names := range typeTranslations {
		for _, name := range strings.Fields(names) {
			add(name, &typeName{Type(t), false})
		}
	}
	return trie
}()

// nameEdge returns the edge of a character, or -1.
func nameEdge(c rune) int {
	switch {
	case isASCIILetter(c):
		return int(c | 0x20 - 'a')
	case c == '_', c == '-', c == ' ':
		return 26
	case c < 0x80:
		return -1
	}
	if base := strings.IndexRune(accented, unicode.ToLower(c)); base >= 0 {
		return int(accentedBase[base/2] - 'a') // each takes two bytes
	}
	return -1
}

// The letters with accents in type names, and their base letters.
const (
	accented     = "áàâäãåéèêëíìîïóòôöõúùûüçñ"
	accentedBase = "aaaaaaeeeeiiiiooooouuuucn"
)

// typeName parses the longest type name at p.at, in any case.
func (p *parser) typeName(m *mention) bool {
	at, node := p.at, uint16(0)
	upper, strict := true, true
	var best int
	for {
		c, next := p.peek()
		edge := -1
		if c != eof {
			edge = nameEdge(c)
		}
		if edge < 0 || typeNameTrie[node].next[edge] == 0 {
			break
		}
		node = typeNameTrie[node].next[edge]
		upper = upper && !unicode.IsLower(c)
		strict = strict && c != ' '
		p.at = next
		if name := typeNameTrie[node].name; name != nil {
			m.name, m.ref.kind, m.upper, m.strict = name, name.kind, upper, strict
			best = next
		}
	}
	if best == 0 {
		p.at = at
		return false
	}
	p.at = best
	return true
}
