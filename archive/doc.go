// Package archive reads what is inside a distribution's file: the members of a
// wheel or source archive, its metadata, and what of it would run or stand in
// the way once it is installed. A file is read as Python's zipfile and tarfile
// read it, or refused: nothing passes of which two readings are possible. All
// is bounded, whatever a file claims.
package archive
