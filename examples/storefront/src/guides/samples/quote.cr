# How much are twelve wool hats?
require "http/client"
require "json"

response = HTTP::Client.post(
  "https://prodworthystorefront.supabase.co/functions/v1/quote",
  headers: HTTP::Headers{"content-type" => "application/json"},
  body: {sku: "HW-101", quantity: 12}.to_json,
)
answer = JSON.parse(response.body)
puts "#{answer["total_cents"].as_i / 100} #{answer["currency"]}"
