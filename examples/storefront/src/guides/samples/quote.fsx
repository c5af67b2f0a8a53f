// How much are twelve wool hats?
open System.Net.Http
open System.Text

let order = """{"sku": "HW-101", "quantity": 12}"""

task {
    use client = new HttpClient()
    use content = new StringContent(order, Encoding.UTF8, "application/json")
    let! response = client.PostAsync("https://prodworthystorefront.supabase.co/functions/v1/quote", content)
    let! answer = response.Content.ReadAsStringAsync()
    printfn "%s" answer
}
|> fun work -> work.Wait()
