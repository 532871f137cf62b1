module example.com/both
