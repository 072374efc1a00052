//! What the hashing embedder sees, and what it does not.

use agent_orchestrator::llm::{Embedder, offline::OfflineEmbedder};

async fn vector(text: &str) -> Vec<f32> {
    OfflineEmbedder
        .embed(&[text.to_owned()])
        .await
        .unwrap()
        .vectors
        .remove(0)
}

async fn similarity(a: &str, b: &str) -> f32 {
    let (a, b) = (vector(a).await, vector(b).await);
    a.iter().zip(&b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn the_vector_of_a_text_is_fixed() {
    assert_eq!(OfflineEmbedder.id(), "offline/hash-512-v1");
    let vector = vector("invoice").await;
    // A change here makes every stored vector useless: it needs a new id.
    let strongest: Vec<(usize, f32)> = vector
        .into_iter()
        .enumerate()
        .filter(|(_, x)| x.abs() > 0.3)
        .collect();
    assert!(
        matches!(strongest.as_slice(), [(483, x)] if (x - 0.652_328).abs() < 1e-5),
        "{strongest:?}"
    );
}

#[tokio::test]
async fn forms_of_a_word_meet() {
    for (a, b) in [
        ("invoice", "invoices"),
        ("invoice", "invoicing"),
        ("invoiced", "INVOICES"),
        ("company", "companies"),
        ("run", "running"),
        ("study", "studied"),
        ("Rechnung", "Rechnungen"),
        ("Kunde", "Kunden"),
        ("Haus", "Häuser"),
        ("Straße", "STRASSE"),
        ("café", "cafe\u{301}"),
        ("ﬁle", "files"),
    ] {
        assert!(
            similarity(a, b).await > 0.99,
            "{a} / {b}: {}",
            similarity(a, b).await
        );
    }
}

#[tokio::test]
async fn texts_that_share_words_are_nearer() {
    let query = "When are invoices from Acme due?";
    let related = similarity(query, "Acme wants every invoice paid within 30 days.").await;
    let unrelated = similarity(query, "The cat sleeps on the warm roof of the shed.").await;
    assert!(
        related > 0.3 && unrelated < 0.15 && related > 3.0 * unrelated.abs(),
        "{related} / {unrelated}"
    );
    assert!(
        similarity("organise the colour", "organize the color").await > 0.3,
        "spelling variants share parts"
    );
    assert!(
        similarity("the and of it", "the and of it is").await > 0.8,
        "stop words still count a little"
    );
    let stopped = similarity("the state of the art", "the name of the game").await;
    assert!(stopped < 0.25, "stop words hardly make texts alike: {stopped}");
}

#[tokio::test]
async fn scripts_without_spaces_are_compared_by_pairs() {
    let near = similarity("東京都の天気予報", "東京の天気").await;
    let far = similarity("東京都の天気予報", "猫が好きです").await;
    assert!(near > 0.4 && far < 0.2, "{near} / {far}");
    assert!(
        similarity("がか", "かが").await < 0.99,
        "voicing marks are not accents"
    );
}

#[tokio::test]
async fn any_text_has_a_vector_of_length_one() {
    let long = "a".repeat(200_000);
    let texts = [
        "",
        " ",
        "!!!",
        "🦀",
        "\u{301}",
        "x",
        "the",
        "нога",
        "हिन्दी",
        long.as_str(),
    ];
    for text in texts {
        let vector = vector(text).await;
        let length: f32 = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert_eq!(vector.len(), OfflineEmbedder.dimension());
        assert!((length - 1.0).abs() < 1e-5, "{text:.20}: {length}");
    }
    assert_eq!(
        vector("").await,
        vector("?!").await,
        "nothing to go by is one place"
    );
}

#[tokio::test]
async fn repetition_and_order_count_little_and_nothing() {
    assert!(similarity("red car", "car red").await > 0.999);
    assert!(similarity("red car", "red red red car").await > 0.9);
}
