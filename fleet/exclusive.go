package fleet

import (
	"context"
	"fmt"
	"time"
)

// lockWait is how long a run waits for another one on the same project, and lockPoll how
// often it looks. The lock is held while files are written, which takes milliseconds.
var (
	lockWait = 10 * time.Second
	lockPoll = 10 * time.Millisecond
)

// lockProject keeps other runs off the project in dir until release is called or the process
// ends, however it ends. Where the place has no locks, unlocked says why: what is left
// is that files are compared before they are written. err is that of ctx, or says that
// another run is at work.
func lockProject(ctx context.Context, dir string) (release func(), unlocked, err error) {
	lock, err := projectLock(dir)
	if err != nil {
		return func() {}, err, nil
	}
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	_, err = lock.TryLockContext(wait, lockPoll)
	release = func() { _ = lock.Close() }
	switch {
	case err == nil:
		return release, nil, nil
	case ctx.Err() != nil:
		return release, nil, ctx.Err()
	case wait.Err() != nil:
		return release, nil, fmt.Errorf("waiting for another run of scaffold: %w", err)
	}
	return release, bare(err), nil
}
