package main

import "github.com/gofiber/fiber/v3"

func main() {
	app := fiber.New()
	app.Get("/", nil)
	app.Listen(":3000", fiber.ListenConfig{})
}
