package com.example;

/** A program that ends by itself. */
public final class Small {
    public static void main(String[] args) {
        System.out.println("small");
    }
}
