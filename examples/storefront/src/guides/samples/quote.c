/* How much are twelve wool hats? Link with -lcurl. */
#include <curl/curl.h>

int main(void) {
    CURL *curl = curl_easy_init();
    if (!curl) return 1;

    struct curl_slist *headers = curl_slist_append(NULL, "content-type: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, "https://prodworthystorefront.supabase.co/functions/v1/quote");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"sku\": \"HW-101\", \"quantity\": 12}");
    CURLcode result = curl_easy_perform(curl); /* prints the answer */

    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return result == CURLE_OK ? 0 : 1;
}
