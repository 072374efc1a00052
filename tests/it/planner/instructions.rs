use super::plan;

#[test]
fn a_step_knows_the_whole_task_and_what_it_builds_on() {
    let plan = plan("Compare Postgres, MySQL and SQLite, then recommend one");
    let last = &plan.steps[3].instructions;
    assert!(last.starts_with("Recommend one."));
    assert!(
        last.contains("Compare Postgres, MySQL and SQLite, then recommend one"),
        "{last}"
    );
    assert!(last.contains("Compare MySQL"), "{last}");
    assert!(plan.steps[0].instructions.contains("Cover only this part"));
    assert!(!plan.steps[0].instructions.contains("Work from the results"));
}

#[test]
fn facts_and_rules_go_to_every_step_or_to_the_one_they_follow() {
    let plan = plan(
        "The customer is in Berlin. Write a report on sales. Keep it under 200 words. Translate the report into German.",
    );
    let titles: Vec<&str> = plan.steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Write a report on sales", "Translate the report into German"]
    );
    assert!(
        plan.steps
            .iter()
            .all(|step| step.instructions.contains("- The customer is in Berlin."))
    );
    assert!(
        plan.steps[0]
            .instructions
            .contains("Write a report on sales.\nKeep it under 200 words.")
    );
    assert!(!plan.steps[1].instructions.contains("\nKeep it under 200 words."));
}

#[test]
fn one_step_is_told_everything_in_the_words_it_was_asked_in() {
    let text = "Budget: 500 EUR.\n\nDesign a logo. Keep it simple. Use two colours.";
    let plan = plan(text);
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].title, "Design a logo");
    assert_eq!(plan.steps[0].instructions, text);
}

#[test]
fn quoted_material_stays_with_the_step_that_works_on_it() {
    let plan = plan("Proofread this: Their going home. It are late. Then send it to Bob.");
    assert!(plan.steps[0].instructions.contains("Their going home."));
    assert!(plan.steps[0].instructions.contains("It are late."));
    assert!(plan.steps[1].instructions.starts_with("Send it to Bob."));
}

#[test]
fn unmatched_conditions_are_kept_as_words() {
    let plan = plan("Write the agenda. After lunch, call the customer.");
    assert!(
        plan.steps[1]
            .instructions
            .contains("Call the customer (after: lunch)"),
        "{}",
        plan.steps[1].instructions
    );
}

#[test]
fn titles_are_short_large_and_unpunctuated() {
    let long = format!(
        "Analyze {} and its history.",
        "the very long name of a thing ".repeat(20)
    );
    for text in [
        "  *** write a poem!!! ",
        "**write a poem**",
        "\u{202e}write\u{0} a poem…",
        long.as_str(),
    ] {
        let title = plan(text).steps[0].title.clone();
        assert!(title.chars().count() <= 120);
        assert!(title.starts_with(char::is_uppercase), "{title:?}");
        assert!(title.ends_with(char::is_alphanumeric), "{title:?}");
    }
}
