// Command dynamic is small; the tests link it so that it needs a loader, or so that it
// holds Go's time zones (-tags timetzdata).
package main

import "time"

func main() { println("dynamic: started", time.Now().Unix()) }
