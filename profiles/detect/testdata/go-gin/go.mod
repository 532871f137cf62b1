module example.com/gin

go 1.25

require github.com/gin-gonic/gin v1.10.0

require github.com/spf13/cobra v1.9.0 // indirect
