package typosquat

import "iter"

// Popular yields the list of popular names that counts, the most popular first.
func Popular() iter.Seq[string] { return current().Popular() }
