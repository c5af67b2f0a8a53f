// How much are twelve wool hats?
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

public class Quote {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("https://prodworthystorefront.supabase.co/functions/v1/quote"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("""
                {"sku": "HW-101", "quantity": 12}"""))
            .build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        System.out.println(response.body());
    }
}
