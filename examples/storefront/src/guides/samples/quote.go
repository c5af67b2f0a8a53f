// How much are twelve wool hats?
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
)

func main() {
	body := strings.NewReader(`{"sku": "HW-101", "quantity": 12}`)
	response, err := http.Post("https://prodworthystorefront.supabase.co/functions/v1/quote", "application/json", body)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()

	var answer struct {
		TotalCents int    `json:"total_cents"`
		Currency   string `json:"currency"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f %s\n", float64(answer.TotalCents)/100, answer.Currency)
}
