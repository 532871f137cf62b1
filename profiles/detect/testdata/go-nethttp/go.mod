module example.com/shop/Orders/v2

go 1.25.0

toolchain go1.26.1
