#!/bin/sh
# Stands in for the official image's: what is no command is given to node.
case $1 in
-*) set -- node "$@" ;;
*) command -v "$1" >/dev/null || set -- node "$@" ;;
esac
exec "$@"
