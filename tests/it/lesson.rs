//! What finished steps leave to long-term memory.

use agent_orchestrator::agents::lesson::lesson;
use proptest::prelude::*;

const INVOICES: &str = "Summarize the overdue invoices of customer Berg: invoice 1001 over 120.50 EUR and invoice \
                        1002 over 79.50 EUR. Then calculate the sum of 120.50 and 79.50.";

fn fresh(task: &str, title: &str, output: &str) -> Option<String> {
    lesson(task, title, output, &[])
}

fn after(output: &str, recalled: &[&str]) -> Option<String> {
    let recalled: Vec<String> = recalled.iter().map(|text| (*text).to_owned()).collect();
    lesson("Look into the shop", "Look into the shop", output, &recalled)
}

#[test]
fn the_task_and_what_was_found_are_kept_in_plain_sentences() {
    let output = "## Analysis: Calculate the sum of 120.50 and 79.50\n\n120.50 + 79.50 = 200.\n\n### Builds on\n\n\
                  > - **Summarize the overdue invoices of customer Berg** (writer): invoice 1001 over 120.50 EUR.\n\n\
                  _Written by the offline model from what is at hand; a language model would add an interpretation._";
    assert_eq!(
        fresh(INVOICES, "Calculate the sum of 120.50 and 79.50", output).unwrap(),
        format!("{INVOICES} 120.50 + 79.50 = 200.")
    );
}

#[test]
fn the_answer_of_a_language_model_is_read_the_same_way() {
    let output = "Sure, here is the result:\n\n# Pricing\n\n| Option | Price |\n|---|---|\n| MySQL | 80 EUR |\n\n\
                  ```sql\nselect 1;\n```\n\n## Conclusion\n\n**MySQL** is the cheapest at 80 EUR per month. It needs\n\
                  one server.\n";
    assert_eq!(
        fresh("Pick a database for the shop", "Recommend one", output).unwrap(),
        "Pick a database for the shop. Recommend one. MySQL is the cheapest at 80 EUR per month. It needs one server. \
         MySQL: 80 EUR."
    );
}

#[test]
fn an_output_that_says_nothing_leaves_the_task() {
    for output in [
        "",
        "Done.",
        "## Findings: Invoices\n\n_Beyond the words “Invoices” there is nothing to work from._",
        "> Quoted from elsewhere: the fee is 30 EUR.",
        "Here is what was asked for:",
        "Today is Sunday, 22 November 2026.",
        "```\n84\n```",
    ] {
        assert_eq!(
            fresh("Look into the shop", "Look", output).unwrap(),
            "Look into the shop.",
            "{output:?}"
        );
    }
    assert_eq!(
        fresh("What is 12*7?", "What is 12*7", "84.").unwrap(),
        "What is 12*7? 84."
    );
}

#[test]
fn an_output_that_repeats_the_task_leaves_the_task() {
    let task = "Berg owes 120.50 EUR since May 3. Write a reminder letter.";
    assert_eq!(
        fresh(
            task,
            "Write a reminder letter",
            "The task states: Berg owes 120.50 EUR since May 3."
        )
        .unwrap(),
        task
    );
    assert_eq!(
        fresh(
            task,
            "Write a reminder letter",
            "Berg owes 120.50 EUR since May 3, with interest 131.70 EUR."
        )
        .unwrap(),
        format!("{task} Berg owes 120.50 EUR since May 3, with interest 131.70 EUR.")
    );
}

#[test]
fn recalled_text_is_not_stored_again() {
    let memory = "The shop opens at nine and closes at six on weekdays, except for the week before Easter.";
    for output in [
        memory.to_owned(),
        memory.to_uppercase(),
        format!("A memory says: “{memory}”"),
        format!("As far as is known, {memory} That is all there is."),
        format!("- **Opening**: {}", memory.replace(' ', "  ")),
        // Shortened, as quotes are.
        "What was recalled: The shop opens at nine and closes at six on weekdays, …".to_owned(),
        "It is known that the shop opens at nine and closes at six on weekdays".to_owned(),
        format!("Memory on “shop hours”: {memory}"),
    ] {
        let kept = after(&output, &[memory]);
        let kept = kept.unwrap_or_default().to_lowercase();
        assert!(
            !kept.contains("nine") && !kept.contains("easter"),
            "{output:?} left {kept:?}"
        );
    }
    assert_eq!(after("Berg pays late.", &["Berg pays late"]), None);
    assert_eq!(after("Note: it is 84.", &["It is 84"]), None);
    assert_eq!(
        after("商店九点开门，六点关门。", &["商店九点开门，六点关门"]),
        None
    );
}

#[test]
fn what_a_memory_tool_returned_is_recalled_too() {
    let output = "- Memory on “fees”: The fee was 25 EUR.\n- From memory: It was paid yearly.\n- Alpha: From memory: \
                  Alpha was late.\n- 25 + 5 = 30.";
    assert_eq!(after(output, &[]).unwrap(), "Look into the shop. 25 + 5 = 30.");
}

#[test]
fn what_is_new_beside_recalled_text_is_kept() {
    let memory = "The overdue invoices of customer Berg come to 200 EUR.";
    let output =
        format!("{memory}\n\nThe overdue invoices of customer Berg now come to 340 EUR. Two are disputed.");
    assert_eq!(
        after(&output, &[memory]).unwrap(),
        "Look into the shop. The overdue invoices of customer Berg now come to 340 EUR. Two are disputed."
    );
}

#[test]
fn the_same_task_with_the_same_result_teaches_nothing_new() {
    let output = "## Analysis: What is 12*7\n\n12 * 7 = 84.";
    let first = fresh("What is 12*7?", "What is 12*7", output).unwrap();
    assert_eq!(first, "What is 12*7? 12 * 7 = 84.");
    assert_eq!(lesson("What is 12*7?", "What is 12*7", output, &[first]), None);
}

#[test]
fn lessons_are_short() {
    let task = "Report on every shop. ".repeat(100);
    let output: String = (0..200)
        .map(|at| format!("Shop {at} sold {} items in May.\n\n", at * 7))
        .collect();
    let kept = fresh(&task, "Report", &output).unwrap();
    assert!(kept.chars().count() <= 700, "{kept}");
    assert!(kept.contains("Shop 3 sold 21 items in May."), "{kept}");
}

proptest! {
    /// Whatever is recalled and however the output is laid out, a memory that stands in it is not stored again.
    #[test]
    fn no_memory_breeds(
        words in prop::collection::vec("[a-zäß]{4,9}|[0-9]{2,5}", 6..14),
        before in "(- |\\*\\*|From this: |“|)", after in "(\\*\\*|”|!|, and so on| …|)",
    ) {
        let memory = words.join(" ");
        let output = format!("{before}{memory}{after}\n\nThe other thing is 77777777.");
        let kept = lesson("Look", "Look", &output, std::slice::from_ref(&memory)).unwrap_or_default();
        prop_assert!(!kept.contains(&memory), "{kept}");
    }

    #[test]
    fn any_output_is_read(task in "(?s).{0,40}", output in "(?s).{0,200}", recalled in prop::collection::vec("(?s).{0,40}", 0..3)) {
        if let Some(kept) = lesson(&task, "title", &output, &recalled) {
            prop_assert!(kept.chars().count() <= 700);
        }
    }
}
