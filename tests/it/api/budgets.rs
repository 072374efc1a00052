//! Budgets: exact decimals in, exact decimals out.

use serde_json::{Value, json};

use super::asking::{coded, mutate, nothing, refused, still, stored, submit};
use crate::support::{TestApp, both_stacks};

async fn budgeted(app: &TestApp, amount: Value) -> Value {
    let input = json!({ "userId": "ada", "description": "Say hello", "budget": { "amount": amount } });
    mutate(
        app,
        "submitTask",
        "task { id budget { amount currency } budgetLeft { amount } }",
        input,
    )
    .await
}

both_stacks! {
    async fn amounts_are_exact_to_the_billionth(stack: Stack) {
        let app = still(stack).await;
        for (given, kept) in [
            (json!("0.25"), "0.250000000"), (json!("0.000000001"), "0.000000001"), (json!("1000000000"), "1000000000.000000000"),
            (json!("00012.50"), "12.500000000"), (json!(5), "5.000000000"), (json!(0.1), "0.100000000"),
            (json!(2.675), "2.675000000"), (json!(1e-7), "0.000000100"), (json!(2.5e-8), "0.000000025"), (json!("999999999.999999999"), "999999999.999999999"),
        ] {
            let payload = budgeted(&app, given.clone()).await;
            assert_eq!(payload["task"]["budget"], json!({ "amount": kept, "currency": "USD" }), "{given}");
            assert_eq!(payload["task"]["budgetLeft"]["amount"], kept);
        }
        let payload = submit(&app, json!({ "userId": "ada", "description": "x", "budget": null })).await;
        let read = "query($id: ID!) { task(id: $id) { budget { amount } budgetLeft { amount } cost { amount } knownCost { amount } } }";
        let task = app.graphql(read, json!({ "id": payload["task"]["id"] })).await.data()["task"].clone();
        assert_eq!((&task["budget"], &task["budgetLeft"]), (&Value::Null, &Value::Null));
        assert_eq!((&task["cost"]["amount"], &task["knownCost"]["amount"]), (&json!("0.000000000"), &json!("0.000000000")));
    }

    async fn amounts_that_are_none_are_refused(stack: Stack) {
        let app = still(stack).await;
        let query = "mutation($b: Decimal!) { submitTask(input: { userId: \"ada\", description: \"x\", budget: { amount: $b } }) { task { id } } }";
        for amount in [json!(""), json!(" "), json!("x"), json!("1,5"), json!("1e3"), json!("+1"), json!(" 1"), json!("0.0000000001"), json!("."),
            json!(".5"), json!("-"), json!("--1"), json!("١"), json!("1.5.5"), json!("0x10"), json!("NaN"), json!("Infinity"), json!(1e-10), json!(1.5e-9), json!("1e-7"),
            json!(1e300), json!("9".repeat(30)), json!("1\u{0}"), json!(true), json!([]), json!({}), json!(null)]
        {
            let answer = app.graphql(query, json!({ "b": amount })).await;
            assert!(matches!(coded(&answer), "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED"), "{amount}: {:#}", answer.body);
            assert!(answer.message().len() < 300, "{}", answer.message());
        }
        for amount in ["0", "-1", "-0.000000001", "1000000000.000000001", "9000000000"] {
            refused(&budgeted(&app, json!(amount)).await, "budget", "BAD_USER_INPUT");
        }
        let euros = query.replace("amount: $b", "amount: $b, currency: EUR");
        assert_eq!(coded(&app.graphql(&euros, json!({ "b": "1" })).await), "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(stored(&app).await, nothing());
    }

    async fn a_budget_only_grows(stack: Stack) {
        let app = still(stack).await;
        let id = budgeted(&app, json!("1")).await["task"]["id"].clone();
        let raise = async |id: &Value, amount: &str| {
            let input = json!({ "id": id, "budget": { "amount": amount } });
            mutate(&app, "raiseBudget", "task { budget { amount } }", input).await
        };
        for amount in ["1", "0.5"] {
            refused(&raise(&id, amount).await, "budget", "CONFLICT");
        }
        for amount in ["0", "-2", "1000000001"] {
            refused(&raise(&id, amount).await, "budget", "BAD_USER_INPUT");
        }
        assert_eq!(raise(&id, "1.000000001").await["task"]["budget"]["amount"], "1.000000001");
        let free = submit(&app, json!({ "userId": "ada", "description": "x" })).await["task"]["id"].clone();
        refused(&raise(&free, "5").await, "id", "CONFLICT");
        mutate(&app, "cancelTask", "task { id }", json!({ "id": id })).await;
        refused(&raise(&id, "5").await, "id", "CONFLICT");
        let read = "query($id: ID!) { task(id: $id) { events(first: 100) { nodes { kind } } } }";
        let events = app.graphql(read, json!({ "id": id })).await.data()["task"]["events"]["nodes"].clone();
        let raised = events.as_array().unwrap().iter().filter(|event| event["kind"] == "BUDGET_RAISED").count();
        assert_eq!(raised, 1, "refused ones leave no event");
    }
}
