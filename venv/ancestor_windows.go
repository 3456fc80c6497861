package venv

import (
	"os"
	"unsafe"

	"thresher/internal/files"

	"golang.org/x/sys/windows"
)

// AncestorIs tells whether the process pid lives, is an ancestor of this one
// and runs the program binary (the same file, whatever its path). What cannot
// be read counts as no. Windows keeps the number of a parent that has ended
// and gives numbers out again: that the program is thresher's is what counts.
func AncestorIs(pid int, binary string) bool {
	parents, err := parentProcesses()
	if err != nil {
		return false
	}
	parentOf := func(pid int) (int, bool) {
		parent, ok := parents[pid]
		return parent, ok
	}
	return isAncestor(pid, os.Getppid(), parentOf) && files.Same(programOf(pid), binary)
}

// parentProcesses gives the parent of every process.
func parentProcesses() (map[int]int, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(snapshot)
	parents := map[int]int{}
	var entry windows.ProcessEntry32
	entry.Size = uint32(unsafe.Sizeof(entry))
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		parents[int(entry.ProcessID)] = int(entry.ParentProcessID)
	}
	return parents, nil
}

func programOf(pid int) string {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(handle)
	buffer := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(buffer))
	if err := windows.QueryFullProcessImageName(handle, 0, &buffer[0], &size); err != nil {
		return ""
	}
	return windows.UTF16ToString(buffer[:size])
}
