//! What was learned is found by its words, by whom it belongs to, and before what has nothing to do with it.

use serde_json::json;

use super::{contents, search, search_input, unlimited};
use crate::support::{TestApp, both_stacks};

/// A task with something to learn from.
const INVOICES: &str = "Summarize the overdue invoices of customer Berg: invoice 1001 over 120.50 EUR and invoice 1002 \
    over 79.50 EUR.";

/// Others, which have nothing in common with it.
const UNRELATED: [&str; 10] = [
    "Summarize the garden party: it begins at four and ends at nine.",
    "Summarize the northern lights: they glow green above Tromsø.",
    "What is 17 * 23?",
    "Summarize the exercises for a stiff neck: turn slowly, then rest.",
    "Summarize the bookshelf: it is two metres wide and made of oak.",
    "Summarize how tides work: the moon pulls the sea.",
    "Summarize the summer concert: the choir sings Brahms on the lake.",
    "Summarize the names of the cats: Miezi is grey and Tom is black.",
    "Summarize the way from Vienna to Prague: the train leaves at seven.",
    "What is 144 / 6?",
];

/// Runs the tasks of Ada, all at once, and returns the id of the first.
async fn carry_out(app: &TestApp, tasks: &[&str]) -> String {
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(app.submit("ada", task).await);
    }
    for id in &ids {
        assert_eq!(app.finished(id).await["status"], "COMPLETED");
    }
    ids.swap_remove(0)
}

both_stacks! {
    async fn a_task_about_overdue_invoices_is_found_before_ten_others(stack: Stack) {
        let app = unlimited(stack).await;
        let mut tasks = vec![INVOICES];
        tasks.extend(UNRELATED);
        let invoices = carry_out(&app, &tasks).await;
        // The offline embedder knows words and their forms: "overdue" is what "overdue bills" has in common.
        for query in ["invoice", "invoices", "INVOICE!", "overdue bills", "customers with an overdue invoice"] {
            let found = search(&app.client, "ada", query).await;
            let (first, second) = (&found["hits"][0], &found["hits"][1]);
            assert_eq!(first["memory"]["writtenBy"]["task"]["id"], invoices, "{query}: {found:#}");
            assert!(first["score"].as_f64() > second["score"].as_f64(), "{query}: {found:#}");
            assert_eq!(found["exhaustive"], true);
            assert_eq!(found["scanned"], found["hits"].as_array().unwrap().len());
            assert!(found["scanned"].as_u64().unwrap() >= 11, "{found:#}");
        }
    }

    async fn a_german_task_is_found_by_german_words(stack: Stack) {
        let app = unlimited(stack).await;
        let tasks = [
            "Fasse die überfälligen Rechnungen der Kundin Berg zusammen: Rechnung 1001 und Rechnung 1002 sind offen.",
            "Fasse das Gartenfest zusammen: Es beginnt um vier und endet um neun.",
            "Fasse das Nordlicht zusammen: Es leuchtet grün über Tromsø.",
            "Fasse Ebbe und Flut zusammen: Der Mond zieht am Meer.",
        ];
        let invoices = carry_out(&app, &tasks).await;
        for query in ["Rechnung", "rechnungen", "Kundin mit überfälliger Rechnung"] {
            let found = search(&app.client, "ada", query).await;
            assert_eq!(found["hits"][0]["memory"]["writtenBy"]["task"]["id"], invoices, "{query}: {found:#}");
        }
    }

    async fn nobody_else_and_no_other_namespace_finds_it(stack: Stack) {
        let app = unlimited(stack).await;
        carry_out(&app, &[INVOICES]).await;
        for user in ["bob", "Ada", "ad", "ada2"] {
            let found = search(&app.client, user, "invoice").await;
            assert_eq!((contents(&found).len(), &found["scanned"]), (0, &json!(0)), "{user}");
        }
        let elsewhere = json!({ "userId": "ada", "query": "invoice", "namespace": "work" });
        assert_eq!(search_input(&app.client, elsewhere).await["hits"], json!([]));
        let named = json!({ "userId": "ada", "query": "invoice", "namespace": "default" });
        assert_eq!(contents(&search_input(&app.client, named).await).len(), 1);
    }
}
