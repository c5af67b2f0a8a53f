<?php
// How much are twelve wool hats?
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'content-type: application/json',
    'content' => json_encode(['sku' => 'HW-101', 'quantity' => 12]),
]]);
$answer = json_decode(file_get_contents('https://prodworthystorefront.supabase.co/functions/v1/quote', false, $context), true);
printf("%.2f %s\n", $answer['total_cents'] / 100, $answer['currency']);
