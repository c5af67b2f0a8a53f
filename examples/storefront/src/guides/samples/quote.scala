// How much are twelve wool hats?
import java.net.URI
import java.net.http.{HttpClient, HttpRequest, HttpResponse}

@main def quote(): Unit =
  val order = """{"sku": "HW-101", "quantity": 12}"""
  val request = HttpRequest
    .newBuilder(URI.create("https://prodworthystorefront.supabase.co/functions/v1/quote"))
    .header("content-type", "application/json")
    .POST(HttpRequest.BodyPublishers.ofString(order))
    .build()
  println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body())
