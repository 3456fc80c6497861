// Package typosquat judges whether a name imitates a popular one: a typo of
// it, its words in another order, the same name with an affix that means
// nothing. It works offline over an embedded list of popular names, imports
// nothing of the other rooms, and takes a few microseconds a name.
package typosquat
