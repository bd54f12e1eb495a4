package config

import (
	"strings"
	"unicode/utf8"
)

// Firm is what invoices and receipts say about the law firm.
type Firm struct {
	checked
	// Name of the law firm on invoices and receipts.
	Name string `env:"FIRM_NAME" envDefault:"Counsel"`
	// Its postal address on invoices. Lines are separated by \n.
	Address string `env:"FIRM_ADDRESS"`
	// Its tax or VAT number on invoices.
	TaxID string `env:"FIRM_TAX_ID"`
	// Account to which invoices are to be paid, such as an IBAN. Empty: none is printed.
	BankAccount string `env:"FIRM_BANK_ACCOUNT"`
}

func (c *Firm) normalize() { c.Address = strings.ReplaceAll(c.Address, `\n`, "\n") }

func (c *Firm) validate(f *faults) {
	for name, limit := range map[string]struct {
		value string
		most  int
	}{"FIRM_NAME": {c.Name, 200}, "FIRM_ADDRESS": {c.Address, 1000}, "FIRM_TAX_ID": {c.TaxID, 50}, "FIRM_BANK_ACCOUNT": {c.BankAccount, 200}} {
		if utf8.RuneCountInString(limit.value) > limit.most {
			f.add("%s is too long", name)
		}
	}
	if c.Name == "" {
		f.add("FIRM_NAME must not be empty")
	}
}
