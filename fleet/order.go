package fleet

import "runtime"

// ahead is how many results per CPU may wait for an earlier one that takes long.
const ahead = 16

// InOrder does n things, as many at once as there are CPUs, and hands the results on in
// order, from the calling goroutine.
func InOrder[T any](n int, do func(i int) T, then func(T)) {
	workers := runtime.GOMAXPROCS(0)
	pending := make(chan chan T, ahead*workers)
	go func() {
		defer close(pending)
		busy := make(chan struct{}, workers)
		for i := range n {
			result := make(chan T, 1)
			pending <- result
			busy <- struct{}{}
			go func() {
				result <- do(i)
				<-busy
			}()
		}
	}()
	for result := range pending {
		then(<-result)
	}
}
