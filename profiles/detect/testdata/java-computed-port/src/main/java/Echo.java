import java.net.ServerSocket;

public class Echo {
    public static void main(String[] args) throws Exception {
        new ServerSocket(Integer.parseInt(args[0])).accept();
    }
}
