package main

import (
	"net/http"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

type Config struct {
	Host string `mapstructure:"host"`
	Port string `mapstructure:"port"`
}

func main() {
	pflag.Int("port", 9898, "where to listen")
	var c Config
	viper.Unmarshal(&c)
	http.ListenAndServe(c.Host+":"+c.Port, nil)
}
