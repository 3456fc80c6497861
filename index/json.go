package index

// fileKeys says which optional members a JSON page wrote for a file.
type fileKeys uint8
