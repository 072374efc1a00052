use std::time::{Duration, Instant};

use agent_orchestrator::agents::registry::AgentRegistry;
use agent_orchestrator::domain::plan::MAX_PLAN_STEPS;
use agent_orchestrator::planner::rules;
use proptest::prelude::*;

use super::{check, plan};

#[test]
fn saying_nothing_gives_one_step() {
    check(&[
        ("", &[("Carry out the task", "_", &[])]),
        (" \n\t ", &[("Carry out the task", "_", &[])]),
        ("?!...", &[("Carry out the task", "_", &[])]),
        ("\u{0}\u{7}\u{200b}", &[("Carry out the task", "_", &[])]),
        ("- \n- \n", &[("Carry out the task", "_", &[])]),
    ]);
}

#[test]
fn a_surplus_is_merged_and_no_word_is_lost() {
    for (count, shape) in [(65, "prose"), (200, "prose"), (90, "bullets"), (1_500, "prose")] {
        let line = |at: usize| {
            if shape == "prose" {
                format!("Write chapter{at}x. ")
            } else {
                format!("- Write chapter{at}x\n")
            }
        };
        let text: String = (0..count).map(line).collect();
        let plan = plan(&text);
        assert_eq!(plan.steps.len(), MAX_PLAN_STEPS, "{count} {shape}");
        assert!(
            plan.summary.contains(&format!("{count} were found")),
            "{}",
            plan.summary
        );
        assert_eq!(plan.steps[0].title, "Write chapter0x");
        for at in 0..count {
            let word = format!("hapter{at}x");
            assert!(
                plan.steps.iter().any(|step| step.instructions.contains(&word)),
                "{word} is lost"
            );
        }
        if shape == "prose" {
            assert!(plan.steps.iter().skip(1).all(|step| step.depends_on.len() == 1));
        } else {
            assert!(plan.steps.iter().all(|step| step.depends_on.is_empty()));
        }
    }
}

/// Long inputs built to be expensive. The bound is far above what one takes (tens of milliseconds when optimised)
/// and far below what anything quadratic would.
#[test]
fn hostile_texts_take_bounded_time() {
    let pieces = [
        ".",
        ". x",
        "a, ",
        "write it, ",
        "and ",
        "then ",
        "\"",
        "(",
        "()",
        "a: ",
        "\"a: \" ",
        "Finally, do it. ",
        "a;",
        "a -> ",
        "- a b c\n",
        "- a\n\n# b\n1. c\n\n",
        "1) a 2) b ",
        "a",
        "  - a\n",
        "然后分析，",
        "比较a、b和c。",
        "分",
        "Compare A, B and C. ",
        "After analyzing the data, write it. ",
        "write it after you read ",
        "Write the report after the review. ",
        ".      ",
        "```\na\n",
        "please ",
        "- Write the docs after the schema is designed\n",
        "Before that, do it. ",
        "“a. ",
        "while writing ",
    ];
    for piece in pieces {
        let text = piece.repeat(32 * 1024 / piece.len());
        let start = Instant::now();
        plan(&text);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{piece:?} took {took:?}");
    }
}

#[test]
fn the_same_words_give_the_same_plan() {
    let text = "Compare A1, B2 and C3. In parallel, research D. Finally, write a report on all of it.";
    assert_eq!(plan(text), plan(text));
}

#[test]
fn one_agent_alone_gets_every_step() {
    let agents = AgentRegistry::builtin().unwrap();
    let only = &agents.all()[5..6];
    let plan = rules::plan("Analyze it. Build it. Frobnicate it.", only);
    assert!(plan.validate(|name| name == "writer").is_ok());
    assert_eq!(plan.steps.len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_valid_plan(text in any::<String>()) {
        plan(&text);
    }

    #[test]
    fn any_mix_of_marks_and_words_gives_a_valid_plan(parts in proptest::collection::vec(
        prop_oneof![
            Just("Analyze the data"), Just("write it"), Just("Postgres, MySQL and SQLite"), Just(" compare "), Just(" and "), Just(", then "),
            Just(". "), Just("\n"), Just("\n- "), Just("\n1. "), Just("\n  * "), Just("\n# "), Just("after "), Just("before that, "),
            Just("finally, "), Just("in parallel "), Just("("), Just(")"), Just("\""), Just("“"), Just("```\n"), Just(": "), Just("; "),
            Just("然后"), Just("、"), Just("。"), Just(" und "), Just("🚀"), Just("\u{0}"), Just("\u{202e}"), Just("ﬁ"), Just("İ"), Just("ß"),
            Just("(after 2)"), Just("step 1"), Just("[x] "), Just(" -> "), Just("e.g. "), Just("\r"), Just("’"), Just("1,000"), Just("|a|\n"),
        ],
        0..60,
    )) {
        plan(&parts.concat());
    }

    #[test]
    fn any_long_text_gives_a_valid_plan(seed in "[a-zé。,.;:!?\\-\n\"(\u{0}-\u{2f}]{1,40}", times in 1_usize..2_000) {
        plan(&seed.repeat(times));
    }
}
