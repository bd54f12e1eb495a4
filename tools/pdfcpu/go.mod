// Stands in for pdfcpu; see pkg/api.
module github.com/pdfcpu/pdfcpu

go 1.26.0
