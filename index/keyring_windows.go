package index

var keyringNames = []string{"keyring.exe"}
