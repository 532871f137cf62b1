package main

func mock() *Config { return &Config{Host: "localhost", Port: "9999"} }
