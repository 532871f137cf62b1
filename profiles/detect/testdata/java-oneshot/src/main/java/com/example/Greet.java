package com.example;

class Greet {
    public static void main(String... args) {
        System.out.println("hello");
    }
}
