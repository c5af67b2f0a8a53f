;; How much are twelve wool hats? Needs clj-http and cheshire.
(require '[clj-http.client :as http])

(let [answer (:body (http/post "https://prodworthystorefront.supabase.co/functions/v1/quote"
                               {:form-params {:sku "HW-101" :quantity 12}
                                :content-type :json
                                :as :json}))]
  (println (/ (:total_cents answer) 100.0) (:currency answer)))
