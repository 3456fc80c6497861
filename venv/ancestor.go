package venv

// isAncestor walks up from a process to see whether pid is above it. Chains
// longer than any real one are cut off.
func isAncestor(pid, from int, parentOf func(int) (int, bool)) bool {
	for range 1000 {
		if from <= 0 || pid <= 0 {
			return false
		}
		if from == pid {
			return true
		}
		parent, ok := parentOf(from)
		if !ok {
			return false
		}
		from = parent
	}
	return false
}
