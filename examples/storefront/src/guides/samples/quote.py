"""How much are twelve wool hats?"""
import json
from urllib.request import Request, urlopen

request = Request(
    "https://prodworthystorefront.supabase.co/functions/v1/quote",
    data=json.dumps({"sku": "HW-101", "quantity": 12}).encode(),
    headers={"content-type": "application/json"},
)
with urlopen(request, timeout=10) as response:
    answer = json.load(response)
print(f"{answer['total_cents'] / 100:.2f} {answer['currency']}")
