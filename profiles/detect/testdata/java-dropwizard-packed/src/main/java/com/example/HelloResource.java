package com.example;

@Path("/hello-world")
public class HelloResource {
    @GET
    public Saying say(@QueryParam("name") Optional<String> name) { return new Saying(name); }
}
