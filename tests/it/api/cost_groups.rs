//! So many groups that a list of them would be cut: told, not done.

use entity::{
    enums::LedgerKind,
    ids::LedgerEntryId,
    ledger_entry,
    values::{NanoUsd, TenantId, UnixMillis, UserId},
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use super::asking::{coded, still};
use crate::support::{TestApp, both_stacks};

const QUERY: &str = "query($by: [CostDimension!]!, $filter: CostFilter) { costs(groupBy: $by, filter: $filter) \
    { key { model } entries } }";

fn line(model: String, agent: &str) -> ledger_entry::ActiveModel {
    ledger_entry::ActiveModel {
        id: Set(LedgerEntryId::generate()),
        tenant_id: Set(TenantId("default".to_owned())),
        user_id: Set(UserId("ada".to_owned())),
        task_id: Set(None),
        step_id: Set(None),
        kind: Set(LedgerKind::LlmCall),
        call_id: Set(None),
        agent: Set(Some(agent.to_owned())),
        provider: Set("p".to_owned()),
        model: Set(model),
        input_tokens: Set(1),
        cache_read_tokens: Set(0),
        cache_write_tokens: Set(0),
        output_tokens: Set(1),
        reasoning_tokens: Set(0),
        estimated: Set(false),
        amount_nanos: Set(Some(NanoUsd(5))),
        price_version: Set("test".to_owned()),
        day: Set("2031-12-31".to_owned()),
        created_at: Set(UnixMillis(0)),
    }
}

async fn pay(app: &TestApp, lines: impl Iterator<Item = ledger_entry::ActiveModel>) {
    let lines: Vec<_> = lines.collect();
    let connection = app.connection().await;
    for some in lines.chunks(500) {
        ledger_entry::Entity::insert_many(some.to_vec())
            .exec_without_returning(&connection)
            .await
            .unwrap();
    }
}

both_stacks! {
    async fn a_list_of_groups_is_whole_or_refused(stack: Stack) {
        let app = still(stack).await;
        // The other way round, so that their order is not the one they came in.
        pay(&app, (0..1_000).rev().map(|at| line(format!("model {at:04}"), "a"))).await;
        let all = app.graphql(QUERY, json!({ "by": ["MODEL"] })).await.data()["costs"].clone();
        let models: Vec<&Value> = all.as_array().unwrap().iter().map(|group| &group["key"]["model"]).collect();
        let expected: Vec<String> = (0..1_000).map(|at| format!("model {at:04}")).collect();
        assert_eq!(models, expected.iter().collect::<Vec<_>>());

        pay(&app, std::iter::once(line("one more".to_owned(), "b"))).await;
        let refused = app.graphql(QUERY, json!({ "by": ["MODEL"] })).await;
        assert_eq!(coded(&refused), "BAD_USER_INPUT");
        assert!(refused.message().contains("more than 1,000 groups"), "{}", refused.message());
        for (by, filter, groups) in [("MODEL", json!({ "agent": "a" }), 1_000), ("AGENT", json!({}), 2)] {
            let data = app.graphql(QUERY, json!({ "by": [by], "filter": filter })).await.data();
            assert_eq!(data["costs"].as_array().unwrap().len(), groups, "{by}");
        }
    }
}
