package main

import "net/http"

const addr = "0.0.0.0:7000"

func main() {
	http.Handle("/", http.NotFoundHandler())
	http.ListenAndServe(addr, nil)
}
