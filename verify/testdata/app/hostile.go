package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

// What these take is bounded here too, so that a limit that does not hold harms no machine.
const (
	maxChildren = 2000
	maxMemory   = 3 << 30
	maxDisk     = 2 << 30
	maxTime     = 10 * time.Second
)

// greedy take what the machine has. They return when they have got their bound, or time is up.
var greedy = map[string]func(){
	"fork": fork,
	"hog":  hog,
	"fill": fill,
}

// fork starts processes, and fails if that does.
func fork() {
	failed := false
	for began, n := time.Now(), 0; n < maxChildren && time.Since(began) < maxTime; {
		err := exec.Command("/app", "sleep").Start()
		switch {
		case err == nil:
			n++
		case !failed:
			failed = true
			fmt.Println("app: after", n, "children:", err)
		default:
			time.Sleep(time.Millisecond)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// hog takes memory and uses it.
func hog() {
	var all [][]byte
	for n := 0; n < maxMemory; n += 16 << 20 {
		all = append(all, bytes.Repeat([]byte("memory "), (16<<20)/7))
	}
	fmt.Println("app: has", len(all), "pieces of memory")
}

// fill writes a file without end, at some hundred megabytes a second.
func fill() {
	f, err := os.Create("/fill")
	if err != nil {
		fmt.Println("app:", err)
		return
	}
	piece := make([]byte, 4<<20)
	for n := 0; n < maxDisk; n += len(piece) {
		if _, err := f.Write(piece); err != nil {
			fmt.Println("app:", err)
			time.Sleep(maxTime)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// answers are what some say on the port in place of HTTP. Each is given one connection.
var answers = map[string]func(net.Conn){
	"mute":    func(net.Conn) { select {} },
	"slam":    func(c net.Conn) { c.Close() },
	"garbage": func(c net.Conn) { endless(c, "\x00\xff\x1b[2J\r\n\x07") },
	"header":  func(c net.Conn) { endless(c, "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n") },
	"stream":  func(c net.Conn) { endless(c, "HTTP/1.1 200 OK\r\n\r\n", "and more ") },
	"chunks":  func(c net.Conn) { endless(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n") },
	"interim": func(c net.Conn) { endless(c, "", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n") },
	"drip":    drip,
	"circle": func(c net.Conn) {
		fmt.Fprint(c, "HTTP/1.1 302 Found\r\nLocation: /healthz\r\nContent-Length: 0\r\n\r\n")
	},
	"bomb": bomb,
	"quit": func(net.Conn) { os.Exit(0) },
}

// endless writes the first text once and the last for as long as anybody reads.
func endless(c net.Conn, texts ...string) {
	_, err := io.WriteString(c, texts[0])
	more := bytes.Repeat([]byte(texts[len(texts)-1]), 1000)
	for err == nil {
		_, err = c.Write(more)
	}
}

// drip answers with a byte every tenth of a second.
func drip(c net.Conn) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
	for err == nil {
		_, err = c.Write([]byte("."))
		time.Sleep(100 * time.Millisecond)
	}
}

// bomb answers with gigabytes that travel as megabytes.
func bomb(c net.Conn) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
	z := gzip.NewWriter(c)
	zeros := make([]byte, 1<<20)
	for n := 0; err == nil && n < 10_000; n++ {
		_, err = z.Write(zeros)
	}
}

// listen gives each connection on the port to answer.
func listen(answer func(net.Conn)) {
	l, err := net.Listen("tcp", ":8000")
	if err != nil {
		fmt.Println("app:", err)
		os.Exit(3)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			continue
		}
		go func() {
			defer c.Close()
			head := make([]byte, 4096)
			_, _ = c.Read(head) // a request, or nothing of a connection that was only tried
			answer(c)
		}()
	}
}
