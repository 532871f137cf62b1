package fleet

import "runtime"

// ahead is how many results per CPU may wait for an earlier one that takes long.
const ahead = 16

// InOrder does n things, as many at once as there are CPUs, and hands the results on in
// order, from the calling goroutine.
func InOrder[T any](n int, do func(i int) T, then func(T)) {
	type job struct {
		i      int
		result chan T
	}
	workers := runtime.GOMAXPROCS(0)
	pending, jobs := make(chan chan T, ahead*workers), make(chan job)
	for range min(workers, n) { // each keeps its stack, which a thing to do makes large
		go func() {
			for j := range jobs {
				j.result <- do(j.i)
			}
		}()
	}
	go func() {
		defer close(pending)
		defer close(jobs)
		for i := range n {
			result := make(chan T, 1)
			pending <- result
			jobs <- job{i, result}
		}
	}()
	for result := range pending {
		then(<-result)
	}
}
