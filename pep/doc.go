// Package pep holds the Python packaging formats that every other room speaks:
// names (PEP 503), versions and specifiers (PEP 440), requirements and markers
// (PEP 508). It reads no file and asks no network.
package pep
