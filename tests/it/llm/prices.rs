//! The price book: exact money, known zeros, unknown prices.

use agent_orchestrator::llm::{
    chat::Usage,
    prices::{Price, PriceBook, PriceError},
};
use proptest::prelude::*;

fn book() -> PriceBook {
    PriceBook::builtin().unwrap()
}

#[test]
fn names_are_found_exactly_or_by_their_date() {
    let book = book();
    let same = |dated: &str, name: &str| {
        assert_eq!(
            book.price("openai", dated).unwrap(),
            book.price("openai", name).unwrap(),
            "{dated}"
        );
    };
    same("gpt-4o-2024-08-06", "gpt-4o");
    same("gpt-4o-mini-2024-07-18", "gpt-4o-mini");
    same("gpt-4o-latest", "gpt-4o");
    same("text-embedding-3-small@256", "text-embedding-3-small");
    assert_ne!(
        book.price("openai", "gpt-4o-mini"),
        book.price("openai", "gpt-4o")
    );
    assert_ne!(
        book.price("openai", "gpt-4o-2024-05-13"),
        book.price("openai", "gpt-4o")
    );
    assert_eq!(
        book.price("anthropic", "claude-sonnet-4-5-20250929"),
        Some(&Price {
            input: 3_000_000_000,
            cache_read: 300_000_000,
            cache_write: 3_750_000_000,
            output: 15_000_000_000,
            reasoning: 15_000_000_000,
        })
    );
}

#[test]
fn what_is_not_known_has_no_price() {
    let book = book();
    for model in [
        "gpt-4o-audio",
        "gpt-4",
        "gpt-5-pro",
        "gpt",
        "",
        "*",
        "gpt-4o-mini-4",
        "gpt-4o-20",
        "gpt-4o-2024-8-6",
        "ü-20240806",
    ] {
        assert_eq!(book.price("openai", model), None, "{model}");
        assert_eq!(book.cost("openai", model, &Usage::default()), None, "{model}");
    }
    assert_eq!(book.price("ollama", "gpt-4o"), None);
    assert_eq!(book.price("anthropic", "claude-opus-5-1"), None);
}

#[test]
fn the_offline_model_is_known_to_cost_nothing() {
    let usage = Usage {
        input: 1_000_000,
        output: 1_000_000,
        ..Usage::default()
    };
    for model in ["offline-1", "hash-512-v1", "whatever"] {
        assert_eq!(book().cost("offline", model, &usage), Some(0));
    }
}

#[test]
fn amounts_are_rounded_up_once() {
    let book = book();
    // 0.15 USD per million is 150 nano-USD per token.
    assert_eq!(
        book.cost(
            "openai",
            "gpt-4o-mini",
            &Usage {
                input: 1,
                ..Usage::default()
            }
        ),
        Some(150)
    );
    // 0.075 USD per million: 75 nano-USD; 0.0004 USD for one output token of another model.
    assert_eq!(
        book.cost(
            "openai",
            "gpt-4o-mini",
            &Usage {
                cache_read: 3,
                ..Usage::default()
            }
        ),
        Some(225)
    );
    let tiny = PriceBook::with_override("models.\"x/y\" = { input = '0.000000001', output = '0' }").unwrap();
    let cost = |input| {
        tiny.cost(
            "x",
            "y",
            &Usage {
                input,
                ..Usage::default()
            },
        )
    };
    assert_eq!(
        (cost(0), cost(1), cost(1_000_000), cost(1_000_001)),
        (Some(0), Some(1), Some(1), Some(2))
    );
}

#[test]
fn amounts_beyond_64_bits_are_unknown_rather_than_wrong() {
    let book =
        PriceBook::with_override("models.\"x/y\" = { input = '9223372036', output = '9223372036' }").unwrap();
    let all = Usage {
        input: u64::MAX,
        cache_read: u64::MAX,
        cache_write: u64::MAX,
        output: u64::MAX,
        reasoning: u64::MAX,
    };
    assert_eq!(book.cost("x", "y", &all), None);
    assert!(PriceBook::with_override("models.\"x/y\" = { input = '9223372037', output = '0' }").is_err());
}

#[test]
fn an_override_comes_first_and_extends() {
    let text = r#"
        [models]
        "openai/gpt-4o" = { input = 3, output = 12.5, reasoning = "20" }
        "ollama/*" = { input = "0", output = "0" }
    "#;
    let book = PriceBook::with_override(text).unwrap();
    let price = book.price("openai", "gpt-4o").unwrap();
    let nano = 1_000_000_000;
    assert_eq!(
        (price.input, price.cache_read, price.output),
        (3 * nano, 3 * nano, 12_500_000_000)
    );
    assert_eq!(price.reasoning, 20 * nano);
    assert_eq!(
        book.cost(
            "ollama",
            "llama3",
            &Usage {
                input: 5,
                ..Usage::default()
            }
        ),
        Some(0)
    );
    assert!(book.price("openai", "gpt-4o-mini").is_some());
}

#[test]
fn the_version_tells_which_prices_they_are() {
    let version = |text| PriceBook::with_override(text).unwrap().version().to_owned();
    assert_eq!(book().version(), "2026-11");
    assert_eq!(version("[models]\n"), version("[models]\n"));
    assert_ne!(version("[models]\n"), version("[models]\n\n"));
    assert!(version("[models]\n").starts_with("2026-11+"));
}

#[test]
fn bad_files_are_refused_with_the_place() {
    for amount in [
        "'-1'",
        "'1e3'",
        "'1,5'",
        "'.5'",
        "'5.'",
        "''",
        "'0.0000000001'",
        "-1",
        "nan",
        "inf",
        "1e300",
        "'NaN'",
    ] {
        let refused =
            PriceBook::with_override(&format!("models.\"x/y\" = {{ input = {amount}, output = 1 }}"));
        match refused {
            Err(error @ PriceError::Amount { .. }) => assert!(error.to_string().contains("x/y"), "{error}"),
            other => panic!("{amount}: {other:?}"),
        }
    }
    for text in [
        "models.\"no-provider\" = { input = 1, output = 1 }",
        "models.\"x/y\" = { input = 1 }",
        "models.\"x/y\" = { input = 1, output = 1, ouput = 2 }",
        "][",
        "unknown = 1",
    ] {
        assert!(PriceBook::with_override(text).is_err(), "{text}");
    }
}

proptest! {
    /// Parts billed apart are never cheaper than billed together, and dearer by less than a nano-USD per bucket.
    #[test]
    fn the_sum_is_what_its_parts_are(input in 0_u64..1 << 40, cached in 0_u64..1 << 40, output in 0_u64..1 << 40) {
        let book = book();
        let cost = |usage: Usage| book.cost("openai", "gpt-5-nano", &usage).unwrap();
        let whole = cost(Usage { input, cache_read: cached, output, ..Usage::default() });
        let parts = cost(Usage { input, ..Usage::default() })
            + cost(Usage { cache_read: cached, ..Usage::default() })
            + cost(Usage { output, ..Usage::default() });
        prop_assert!(whole <= parts && parts - whole < 3);
    }

    /// No text is taken for a model by accident, and none panics.
    #[test]
    fn any_name_has_an_answer(provider in ".{0,12}", model in ".{0,24}") {
        let known = book().price(&provider, &model).is_some();
        prop_assert!(!known || ["openai", "anthropic", "offline"].contains(&provider.as_str()));
    }
}
