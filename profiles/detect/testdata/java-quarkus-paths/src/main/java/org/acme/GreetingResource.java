package org.acme;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

@Path("hello")
public class GreetingResource {
    @GET
    @Path("/{name}")
    public String name(@PathParam("name") String name) { return name; }

    @GET
    @Produces(MediaType.TEXT_PLAIN)
    public String hello() { return "Hello"; }
}
