// How much are twelve wool hats?
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers

fun main() {
    val request = HttpRequest.newBuilder(URI("https://prodworthystorefront.supabase.co/functions/v1/quote"))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("""{"sku": "HW-101", "quantity": 12}"""))
        .build()
    println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body())
}
