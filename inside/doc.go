// Package inside says what a distribution's file brings once it is installed:
// what of it runs at every start of Python, its commands, and members that an
// honest wheel of its kind seldom has. A wheel is read whole, or by its end
// alone, and its startup hooks are compared with those of older releases.
package inside
