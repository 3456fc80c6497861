// Package pep holds the Python packaging formats that every other room speaks:
// names (PEP 503), versions and specifiers (PEP 440), requirements and markers
// (PEP 508), core metadata and its dependencies as pip's readers see them. It
// opens no file and asks no network.
package pep
