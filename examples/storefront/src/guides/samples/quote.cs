// How much are twelve wool hats?
using System.Net.Http.Json;
using System.Text.Json.Nodes;

using var client = new HttpClient();
var response = await client.PostAsJsonAsync("https://prodworthystorefront.supabase.co/functions/v1/quote", new { sku = "HW-101", quantity = 12 });
response.EnsureSuccessStatusCode();
var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
Console.WriteLine($"{(int)answer!["total_cents"]! / 100m} {answer["currency"]}");
