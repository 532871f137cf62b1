import static spark.Spark.*;

public class Hello {
    public static void main(String[] args) {
        port(Integer.parseInt(System.getenv("PORT")));
        get("/hello", (req, res) -> "hi");
    }
}
