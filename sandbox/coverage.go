package sandbox

import "slices"

// Part is something that a domain closes.
type Part struct {
	Name  string
	Since int    // the version of Landlock that closes it, 0 where Landlock does not
	Linux string // the first kernel with that version, "" for one after 7.0
	// Network says that a domain with NetworkAll leaves it open.
	Network bool
	// Filtered are the networks in which a filter of system calls closes it on
	// x86-64 and arm64, whatever the version is.
	Filtered []Network
}

// PartTCP is the part that is connections by TCP.
const PartTCP = "TCP"

// Parts are all that a domain closes. docs/sandbox.md has the same table.
var Parts = []Part{
	{Name: "reading secret files, writing files", Since: 1, Linux: "5.13"},
	{Name: "truncating files that cannot be written", Since: 3, Linux: "6.2"},
	{Name: PartTCP, Since: 4, Linux: "6.7", Network: true, Filtered: []Network{NetworkNone}},
	{
		Name: "UDP, TCP Fast Open and other ways to the network", Network: true,
		Filtered: []Network{NetworkNone, NetworkPorts},
	},
	{Name: "control commands to devices", Since: 5, Linux: "6.10"},
	{Name: "signals to programs outside, abstract sockets", Since: 6, Linux: "6.12"},
	{Name: "sockets with a path (ssh-agent, D-Bus, Docker)", Since: 9},
}

// ClosesTCP says whether a version of Landlock keeps programs in a domain with
// this network from connecting by TCP to more than it says.
func ClosesTCP(version int, network Network) bool {
	closed, _ := Coverage(version, network)
	return slices.Contains(closed, PartTCP)
}

// Coverage says which parts a version of Landlock closes in a domain with this
// network, and which it leaves open.
func Coverage(version int, network Network) (closed, open []string) {
	for _, part := range Parts {
		byLandlock := part.Since > 0 && part.Since <= version
		byFilter := version > 0 && filtersNetwork() && slices.Contains(part.Filtered, network)
		switch {
		case part.Network && network == NetworkAll:
		case byLandlock || byFilter:
			closed = append(closed, part.Name)
		default:
			open = append(open, part.Name)
		}
	}
	return closed, open
}
