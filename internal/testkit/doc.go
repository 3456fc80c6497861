// Package testkit makes what tests run against: small real wheels and sdists,
// loopback indexes that serve them, and real virtual environments with the
// machine's own interpreters and pips. Only tests import it.
package testkit
