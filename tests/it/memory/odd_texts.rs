//! Texts that trip up databases and tokenizers: they go in, come out as they were, and are found.

use serde_json::{Value, json};

use super::{contents, list, remember, remember_input, search, search_input, unlimited};
use crate::support::both_stacks;

const ODD: [&str; 14] = [
    "100% of _all_ users\\ said 'yes'; DROP TABLE memory; --",
    "%",
    "_",
    "🦀🔥",
    "👩‍👩‍👧‍👦 family at home",
    "مرحبا بالعالم",
    "שלום עולם",
    "東京都の請求書",
    "ßtraße İstanbul ﬁnanz",
    "e\u{301}te\u{301} and été",
    "a\u{202e}gnirts desrever",
    "line one\nline two\r\n\ttabbed",
    "\u{feff}bom and \u{200b}zero width",
    "\"quoted\" \\backslash\\ `tick` ${var} {{mustache}}",
];

both_stacks! {
    async fn odd_texts_come_back_as_they_were_and_are_found_first(stack: Stack) {
        let app = unlimited(stack).await;
        for content in ODD {
            remember(&app.client, "ada", content).await;
        }
        let listed = list(&app.client, "ada").await;
        let mut stored: Vec<&str> = listed.iter().map(|memory| memory["content"].as_str().unwrap()).collect();
        stored.reverse();
        assert_eq!(stored, ODD.map(str::trim));
        for content in ODD {
            let found = search(&app.client, "ada", content).await;
            let best = found["hits"][0]["score"].as_f64().unwrap();
            let ties = found["hits"].as_array().unwrap().iter().filter(|hit| hit["score"].as_f64() == Some(best));
            let ties: Vec<&Value> = ties.map(|hit| &hit["memory"]["content"]).collect();
            assert!(best > 0.999 && ties.contains(&&json!(content.trim())), "{content}: {found:#}");
            assert_eq!(found["scanned"], ODD.len());
        }
    }

    async fn a_query_is_never_a_pattern(stack: Stack) {
        let app = unlimited(stack).await;
        remember(&app.client, "ada", "percent").await;
        let metadata = json!({ "%": "_", "a'b\"": "\\", "ключ": "значение 🦀" });
        let input = json!({ "userId": "ada", "content": "Discount of 10%", "metadata": metadata });
        remember_input(&app.client, input).await;
        assert_eq!(search(&app.client, "a%", "percent").await["scanned"], 0);
        assert_eq!(search(&app.client, "_da", "percent").await["scanned"], 0);
        for (filter, scanned) in [
            (json!({ "%": "_" }), 1), (json!({ "%": "x" }), 0), (json!({ "_": "_" }), 0),
            (json!({ "a'b\"": "\\" }), 1), (json!({ "ключ": "значение 🦀" }), 1), (json!({ "": "" }), 0),
        ] {
            let input = json!({ "userId": "ada", "query": "' OR 1=1 --", "filter": filter });
            assert_eq!(search_input(&app.client, input).await["scanned"], scanned, "{filter}");
        }
    }

    async fn users_with_odd_names_are_still_apart(stack: Stack) {
        let app = unlimited(stack).await;
        let users = ["ада", "אדה", "a/../b", "a'b", "🦀", "ada\u{301}", "adá", "ADA", "%", "ada lovelace"];
        for user in users {
            remember(&app.client, user, &format!("I am {user}")).await;
        }
        for user in users {
            assert_eq!(contents(&search(&app.client, user, "I am").await), [format!("I am {user}")]);
        }
    }

    async fn a_text_of_the_largest_size_is_kept_whole(stack: Stack) {
        let app = unlimited(stack).await;
        let content = "größe ".repeat(16 * 1024 / 8).trim().to_owned();
        assert!(content.len() <= 16 * 1024 && content.len() > 16 * 1024 - 16);
        remember(&app.client, "ada", &content).await;
        assert_eq!(contents(&search(&app.client, "ada", "Größe").await), [content]);
    }
}
