package example;

@Controller("/hello")
public class HelloController {
    @Get("/by") String by(String name) { return name; }

    @Get
    String index() { return "hi"; }
}
