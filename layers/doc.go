// Package layers brings the shared layers of the policy to this machine: fetched
// from git and by https, vouched for by their keys, kept in the state directory, and
// kept up to date beside the runs that go by them. Package policy merges them.
package layers
