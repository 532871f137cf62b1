// Package wheels reads the names of wheel files and says on which targets pip installs
// them.
//
// The model: a [Name] is a parsed file name (PEP 427) with its compatibility tags (PEP
// 425). A [Target] is CPython on a libc and an architecture; [Target.Rank] is where pip
// has a tag in its order of preference, if it takes it at all: manylinux (PEP 600 and the
// older names of PEPs 513, 571 and 599), musllinux (PEP 656), the stable ABI, and wheels
// of any platform. A [Release] is what one release of a package has for Linux, small
// enough to be kept in a lock and whole enough to be judged for any target.
//
// Limits: CPython only, without free threading; what a wheel expects of its host beyond
// the libc is not in its name.
package wheels
