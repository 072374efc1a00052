//! A budget stops the next call, never a call that was made; more money lets the task go on.

use serde_json::{Value, json};

use super::{COMPARISON, POEM, app_on, cancel, chat, events, explanation, steer};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{TestApp, both_stacks},
};

async fn raise(app: &TestApp, id: &str, amount: &str) -> Value {
    steer(
        app,
        "raiseBudget",
        "RaiseBudgetInput",
        json!({ "id": id, "budget": { "amount": amount } }),
    )
    .await
}

async fn submit_with(app: &TestApp, budget: &str) -> String {
    app.submit_input(json!({ "userId": "ada", "description": POEM, "budget": { "amount": budget } }))
        .await
}

both_stacks! {
    async fn a_task_waits_for_money_and_goes_on_with_it(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = submit_with(&app, "0.000001").await;
        let waiting = app.wait_for(&id, |task| task["status"] == "WAITING").await;
        assert_eq!((&waiting["waitingOn"], &waiting["steps"][1]["waitingOn"]), (&json!(["BUDGET"]), &json!("BUDGET")));
        assert_eq!(server.requests().len(), 0);
        let why = explanation(&app, &id).await;
        assert_eq!(why["reasons"][0]["kind"], "BUDGET", "{why:#}");
        assert!(why["reasons"][0]["message"].as_str().unwrap().contains("raiseBudget"), "{why:#}");
        let too_low = raise(&app, &id, "0.0000005").await;
        assert_eq!((&too_low["task"], &too_low["userErrors"][0]["code"]), (&Value::Null, &json!("CONFLICT")));
        assert_eq!(raise(&app, &id, "1").await["userErrors"], json!([]));
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["waitingOn"]), (&json!("COMPLETED"), &json!([])), "{task:#}");
        assert_eq!(task["budgetLeft"]["amount"], "0.999979000", "what was reserved is given back");
        let kinds: Vec<_> =
            events(&app, &id).await.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
        let place =
            |kind: &str| kinds.iter().position(|found| found == kind).unwrap_or_else(|| panic!("{kind}: {kinds:?}"));
        assert!(place("STEP_WAITING") < place("TASK_WAITING") && place("TASK_WAITING") < place("BUDGET_RAISED"));
        assert!(place("BUDGET_RAISED") < place("TASK_RESUMED") && place("TASK_RESUMED") < place("TASK_COMPLETED"));
    }

    async fn a_step_waits_only_while_others_hold_the_money(stack: Stack) {
        // Each call may cost about 0.0016 USD and costs 0.000021: one after the other they all fit.
        let server = ScriptedServer::always(chat("seen")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let input = json!({ "userId": "ada", "description": COMPARISON, "budget": { "amount": "0.0028" } });
        let id = app.submit_input(input).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        assert_eq!(task["waitingOn"], json!([]));
    }

    async fn a_task_that_waits_can_be_cancelled(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = submit_with(&app, "0.000001").await;
        app.wait_for(&id, |task| task["status"] == "WAITING").await;
        assert_eq!(cancel(&app, &id).await["task"]["status"], "CANCELLED");
        assert_eq!(app.task(&id).await["waitingOn"], json!([]));
    }

    async fn a_price_that_is_not_known_cannot_be_held_to_a_budget(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |config| config.models.openai.model = "mystery-1".to_owned()).await;
        let id = submit_with(&app, "5").await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("UNKNOWN_PRICE")), "{task:#}");
        assert!(task["error"]["message"].as_str().unwrap().contains("openai/mystery-1"));
        assert_eq!(server.requests().len(), 0);
    }
}
