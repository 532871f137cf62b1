package config

type Config struct {
	Port string `env:"PORT" envDefault:"8088"`
	DB   string `env:"DB" envDefault:"localhost:5432"`
}

func Load() Config { return Config{} }
