package com.example

import io.undertow.Undertow

fun main() {
    Undertow.builder().addHttpListener(8181, "localhost").build().start()
}
