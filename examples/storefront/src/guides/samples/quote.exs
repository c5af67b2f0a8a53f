# How much are twelve wool hats?
Mix.install([:req])

answer =
  Req.post!("https://prodworthystorefront.supabase.co/functions/v1/quote",
    json: %{sku: "HW-101", quantity: 12}
  ).body

IO.puts("#{answer["total_cents"] / 100} #{answer["currency"]}")
