// How much are twelve wool hats?
import Foundation

struct Quote: Decodable {
    let totalCents: Int
    let currency: String
}

var request = URLRequest(url: URL(string: "https://prodworthystorefront.supabase.co/functions/v1/quote")!)
request.httpMethod = "POST"
request.setValue("application/json", forHTTPHeaderField: "content-type")
request.httpBody = Data(#"{"sku": "HW-101", "quantity": 12}"#.utf8)

let (data, _) = try await URLSession.shared.data(for: request)
let decoder = JSONDecoder()
decoder.keyDecodingStrategy = .convertFromSnakeCase
let quote = try decoder.decode(Quote.self, from: data)
print(Double(quote.totalCents) / 100, quote.currency)
