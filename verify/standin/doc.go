// Package standin builds stand-in bases: images made of distribution packages that answer to the names of
// official images, for machines with no container registry.
//
// A recipe is data (recipes.toml): a Debian suite, packages, folders to lay, steps by name, and the image's
// configuration. Building one takes the same path for every architecture and emulates nothing: apt resolves and
// downloads for the wanted architecture into folders of our own, the packages are unpacked straight into one
// layer, and what their maintainer scripts would have made (users, links, the package database) is laid by hand.
// So neither root nor mounts nor chroots are needed. The layer has a fixed order and fixed times: the same
// packages give the same digest. Java rows get the host's certificates as a keystore too, since a JVM reads no
// other. Python rows get bytecode, which the same interpreter in the host's own architecture makes through its own
// loader.
//
// Images are kept under <cache>/standins/<key>, the key being a hash of everything that goes in except the
// packages' versions: a stand-in is not rebuilt because Debian moved, only because its recipe, the host's
// certificates or the Go version did. Remove the folder to get newer packages.
//
// Limits. Stand-ins are for proving Dockerfiles, not for shipping: their packages, versions and sizes are
// Debian's, not the official image's, and no maintainer script has run in them (no ld.so.cache, no debconf
// answers, no hash links in /etc/ssl/certs). Layers are not compressed. Architectures are amd64 and arm64.
// Building needs Linux with apt-get and dpkg-deb, and for golang rows a Go toolchain.
package standin
