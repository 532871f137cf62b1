package main

import "github.com/gin-gonic/gin"

func main() {
	r := gin.Default()
	api := r.Group("/api")
	api.GET("/healthz", func(c *gin.Context) {})
	api.GET("/", func(c *gin.Context) {})
	v1 := api.Group("/v1")
	v1.GET("/health", func(c *gin.Context) {})
	r.POST("/", func(c *gin.Context) {})
	r.Run()
}
