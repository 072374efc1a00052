//! The gist of outputs, and the sentences of texts.

use agent_orchestrator::llm::{
    gist::Gist,
    prose::{closed, condensed, sentences},
};
use proptest::prelude::*;

fn conclusion(output: &str) -> Vec<String> {
    Gist::of(output).conclusion
}

#[test]
fn the_part_that_concludes_is_found_by_its_heading() {
    let output = "# Databases\n\nThree were looked at:\n\n- **Postgres**: solid\n- MySQL: quick\n\n\
                  ## 3. Recommendation\n\nTake **Postgres**.\nIt costs 120 EUR\nper month.\n\n## Open questions\n\nWho pays?";
    let gist = Gist::of(output);
    assert_eq!(gist.conclusion, ["Take Postgres. It costs 120 EUR per month."]);
    assert_eq!(gist.rest, ["Postgres: solid.", "MySQL: quick.", "Who pays?"]);
    for heading in [
        "**Fazit**",
        "## Conclusion",
        "### Ergebnis:",
        "# 结论",
        "**Summary:**",
    ] {
        let output = format!("First this.\n\n{heading}\n\nThen that.");
        assert_eq!(conclusion(&output), ["Then that."], "{heading}");
    }
}

#[test]
fn else_it_is_the_first_part_that_says_anything() {
    assert_eq!(
        conclusion("# Title\n\n_An aside._\n\n## A\n\n> quoted\n\n## B\n\n1. One\n2) Two\n\n## C\n\nThree"),
        ["One.", "Two."]
    );
    assert_eq!(conclusion("It is 84"), ["It is 84."]);
}

#[test]
fn what_is_not_said_is_left_out() {
    for output in [
        "",
        "\n\n",
        "# Only a heading",
        "> Someone else said this.",
        "_Written by nobody._",
        "*In italics.*",
        "[cut at the limit of output tokens]",
        "Here is the list:",
        "```\nlet x = 1;\n```",
        "| a | b |\n| --- | --- |\n| x | – |",
        "---\n***",
    ] {
        assert_eq!(Gist::of(output), Gist::default(), "{output:?}");
    }
    assert_eq!(
        conclusion("| Option | Price |\n|---|---|\n| A | 12 EUR |\n| B | B is free |"),
        ["A: 12 EUR.", "B is free."]
    );
    assert_eq!(
        conclusion("The sum is 84. Details:\n\n- none"),
        ["The sum is 84.", "none."]
    );
}

#[test]
fn sentences_end_where_they_do() {
    for (text, parts) in [
        ("It is 1.5 m. It fits!", &["It is 1.5 m.", "It fits!"][..]),
        (
            "Ask Dr. Berg, e.g. today. Then go.",
            &["Ask Dr. Berg, e.g. today.", "Then go."],
        ),
        ("See no. 5 first. No. Why?", &["See no. 5 first.", "No.", "Why?"]),
        ("Am 3. Mai ist Schluss. Gut.", &["Am 3. Mai ist Schluss.", "Gut."]),
        ("1. Read it. 2. Rate it.", &["1. Read it.", "2. Rate it."]),
        ("先分析。再实现！", &["先分析。", "再实现！"]),
        ("one\n\n---\ntwo", &["one", "two"]),
    ] {
        assert_eq!(sentences(text), parts, "{text}");
    }
}

#[test]
fn cuts_show() {
    assert_eq!(condensed("one  two\nthree", 20), "one two three");
    assert_eq!(condensed("It is one. It is two and more.", 16), "It is one.");
    assert_eq!(condensed("It costs 120.50 EUR", 13), "It costs …");
    assert_eq!(closed("so;"), "so.");
    assert_eq!(closed("好"), "好。");
    assert_eq!(closed("Why?"), "Why?");
}

proptest! {
    /// Any output can be taken apart, and what comes out is plain: its own gist.
    #[test]
    fn any_output_has_a_gist(output in "(?s)[#>*_|`. :a-zß日0-9\n-]{0,80}") {
        let gist = Gist::of(&output);
        prop_assert_eq!(gist.conclusion.is_empty(), gist == Gist::default());
        for line in gist.conclusion.iter().chain(&gist.rest) {
            prop_assert!(line.contains(char::is_alphanumeric) && !line.contains('\n'), "{line:?}");
            prop_assert!(!line.contains("**"), "{line:?}");
        }
    }

    #[test]
    fn any_text_can_be_cut(text in "(?s).{0,60}", most in 1_usize..40) {
        prop_assert!(condensed(&text, most).chars().count() <= most + 2);
        prop_assert!(sentences(&text).iter().all(|sentence| text.contains(sentence)));
    }
}
