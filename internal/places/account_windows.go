package places

import "golang.org/x/sys/windows"

// accountFolders are the folders that Windows itself has for this account, by
// the names of the variables that usually hold them. What it does not tell is
// left out.
func accountFolders(home string) map[string]string {
	folders := map[string]string{"USERPROFILE": home}
	if path, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, 0); err == nil {
		folders["LOCALAPPDATA"] = path
	}
	if path, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0); err == nil {
		folders["PROGRAMDATA"] = path
	}
	return folders
}
