// How much are twelve wool hats? Needs reqwest with the features "blocking" and "json".
use serde_json::{json, Value};

fn main() -> Result<(), reqwest::Error> {
    let answer: Value = reqwest::blocking::Client::new()
        .post("https://prodworthystorefront.supabase.co/functions/v1/quote")
        .json(&json!({ "sku": "HW-101", "quantity": 12 }))
        .send()?
        .error_for_status()?
        .json()?;
    println!("{} cents", answer["total_cents"]);
    Ok(())
}
