-- How much are twelve wool hats? Needs lua-requests.
local requests = require("requests")

local response = requests.post("https://prodworthystorefront.supabase.co/functions/v1/quote", {
  headers = { ["content-type"] = "application/json" },
  data = { sku = "HW-101", quantity = 12 },
})
local answer = response.json()
print(string.format("%.2f %s", answer.total_cents / 100, answer.currency))
