// Package payments receives money for invoices through a payment provider.
package payments
