module example.com/two/sub
