package com.example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@RestController
@SpringBootApplication
public class App {
    @GetMapping("/")
    String home() { return ""; }

    @Bean
    SecurityFilterChain chain(HttpSecurity http) throws Exception { return http.build(); }

    public static void main(String[] args) {
        SpringApplication.run(App.class, args);
    }
}
