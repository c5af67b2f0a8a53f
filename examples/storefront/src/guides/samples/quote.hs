{-# LANGUAGE OverloadedStrings #-}
-- How much are twelve wool hats? Needs http-conduit and aeson.
import Data.Aeson (Value, object, (.=))
import Network.HTTP.Simple

main :: IO ()
main = do
  request <- parseRequest "POST https://prodworthystorefront.supabase.co/functions/v1/quote"
  let order = object ["sku" .= ("HW-101" :: String), "quantity" .= (12 :: Int)]
  response <- httpJSON (setRequestBodyJSON order request)
  print (getResponseBody response :: Value)
