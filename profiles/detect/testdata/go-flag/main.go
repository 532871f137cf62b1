package main

import (
	"flag"
	"net"
	"net/http"
	"strconv"
)

var (
	host string
	port = flag.Int("port", 8123, "where to listen")
)

func main() {
	flag.StringVar(&host, "host", "localhost", "address")
	flag.Parse()
	l, _ := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(*port)))
	http.Serve(l, nil)
}
