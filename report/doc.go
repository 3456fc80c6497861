// Package report makes one plain value of many environments and the runs of their
// logs: what stands where and how current it is, where versions differ, what is
// known against it, which answers end, and what was refused and held back over
// time. It reads nothing itself; report/webpage shows the value as a page.
package report
