//go:build !windows

package places

// accountFolders is asked on Windows alone.
func accountFolders(string) map[string]string { return nil }
