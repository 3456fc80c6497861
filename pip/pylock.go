package pip

func isLockName(path string) bool { return isLockFileName(path) }

func (s *sources) lock(path string, origin Origin) {}
