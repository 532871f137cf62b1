package server

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/chi/internal/config"
)

func Serve(c config.Config) {
	go http.ListenAndServe(":9090", nil)
	r := chi.NewRouter()
	r.Route("/internal", func(r chi.Router) {
		r.Get("/livez", nil)
	})
	r.Get("/health", nil)
	srv := &http.Server{
		Addr:    fmt.Sprintf("%s:%s", c.Host(), c.Port),
		Handler: r,
	}
	srv.ListenAndServe()
}
