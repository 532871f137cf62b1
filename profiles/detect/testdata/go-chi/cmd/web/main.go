package main

import (
	"example.com/chi/internal/config"
	"example.com/chi/internal/server"
)

func main() {
	server.Serve(config.Load())
}
