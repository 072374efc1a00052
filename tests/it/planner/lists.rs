use super::{check, plan};

#[test]
fn bullets_stand_beside_each_other_and_numbers_follow() {
    check(&[
        (
            "Do the following:\n- Design the schema\n- Write the docs\n- Finally, publish everything",
            &[
                ("Design the schema", "architect", &[]),
                ("Write the docs", "writer", &[]),
                ("Publish everything", "writer", &[1, 2]),
            ],
        ),
        (
            "1. Analyze the data\n2. Write a report\n3. Send it",
            &[
                ("Analyze", "analyst", &[]),
                ("report", "writer", &[1]),
                ("Send it", "writer", &[2]),
            ],
        ),
        (
            "1) Research\n2) Draft",
            &[("Research", "researcher", &[]), ("Draft", "writer", &[1])],
        ),
        (
            "a) Research\nb) Draft\nc) Review",
            &[
                ("Research", "researcher", &[]),
                ("Draft", "writer", &[1]),
                ("Review", "reviewer", &[2]),
            ],
        ),
        (
            "Step 1: Analyze the logs\nStep 2: Fix the bug",
            &[
                ("Analyze the logs", "analyst", &[]),
                ("Fix the bug", "engineer", &[1]),
            ],
        ),
        (
            "• Research A\n• Draft B",
            &[("Research A", "researcher", &[]), ("Draft B", "writer", &[])],
        ),
        (
            "* Build C\n\n* Test D\n* Then deploy both\n",
            &[
                ("Build C", "engineer", &[]),
                ("Test D", "engineer", &[]),
                ("Deploy both", "engineer", &[1, 2]),
            ],
        ),
        (
            "TODO:\n[ ] fix login bug\n[x] upgrade deps\n- [ ] update docs",
            &[("Fix login bug", "engineer", &[]), ("Update docs", "writer", &[])],
        ),
        (
            "Do this: 1) read it 2) rate it 3) report on it",
            &[
                ("Read it", "_", &[]),
                ("Rate it", "_", &[1]),
                ("Report on it", "writer", &[2]),
            ],
        ),
        ("- Invoices", &[("Invoices", "_", &[])]),
    ]);
}

#[test]
fn words_overrule_the_marks() {
    check(&[
        (
            "Do these in parallel:\n1. Build A\n2. Build B",
            &[("Build A", "engineer", &[]), ("Build B", "engineer", &[])],
        ),
        (
            "Do these in order:\n- Build A\n- Build B",
            &[("Build A", "engineer", &[]), ("Build B", "engineer", &[1])],
        ),
        (
            "1. Read the spec\n2. Summarize it\n3. In parallel, draft a reply\n4. Finally, send both",
            &[
                ("Read", "_", &[]),
                ("Summarize", "writer", &[1]),
                ("Draft a reply", "writer", &[1]),
                ("Send both", "writer", &[2, 3]),
            ],
        ),
        (
            "1. Design the schema\n2. Implement the API\n3. Write the docs (after step 1)\n4. Deploy it (depends on 2 and 3)",
            &[
                ("Design", "architect", &[]),
                ("Implement", "engineer", &[1]),
                ("Write the docs", "writer", &[1]),
                ("Deploy it", "engineer", &[2, 3]),
            ],
        ),
        (
            "- Write the guide after the schema is designed\n- Design the schema",
            &[
                ("Design the schema", "architect", &[]),
                ("Write the guide", "writer", &[1]),
            ],
        ),
    ]);
}

#[test]
fn lines_around_a_list_are_no_steps_of_their_own() {
    check(&[
        (
            "# Launch\n\nTasks:\n* Book a venue\n  - near the station\n* Invite the speakers\n\nFinally, write a report.",
            &[
                ("Book a venue", "_", &[]),
                ("Invite the speakers", "_", &[]),
                ("Write a report", "writer", &[1, 2]),
            ],
        ),
        (
            "# Phase 1\n- Analyze A\n- Analyze B\n\n# Phase 2\n- Build C\n- Build D",
            &[
                ("Analyze A", "analyst", &[]),
                ("Analyze B", "analyst", &[]),
                ("Build C", "engineer", &[1, 2]),
                ("Build D", "engineer", &[1, 2]),
            ],
        ),
        (
            "Compare these databases:\n- Postgres\n- MySQL\n- SQLite\n\nThen recommend one.",
            &[
                ("Postgres", "analyst", &[]),
                ("MySQL", "analyst", &[]),
                ("SQLite", "analyst", &[]),
                ("Recommend one", "analyst", &[1, 2, 3]),
            ],
        ),
        (
            "Write a report about:\n- costs\n- risks",
            &[("Write a report about costs, risks", "writer", &[])],
        ),
        (
            "Analyze the market. Then do the following:\n- Build A\n- Build B",
            &[
                ("Analyze the market", "analyst", &[]),
                ("Build A", "engineer", &[1]),
                ("Build B", "engineer", &[1]),
            ],
        ),
        (
            "## Requirements\n- must be fast\n- must be small\n\n## Tasks\n- Design it\n- Build it",
            &[("Design it", "architect", &[]), ("Build it", "engineer", &[])],
        ),
    ]);
}

#[test]
fn nested_items_wrapped_lines_and_code_belong_to_their_item() {
    let plan = plan(
        "1. Book a venue\n   - near the station\n   - for 50 people\n2. Write the invitation\n   in a formal tone\n```\nDear Sir. Then stop.\n```\n",
    );
    assert_eq!(plan.steps.len(), 2);
    assert!(plan.steps[0].instructions.contains("near the station"));
    assert!(plan.steps[0].instructions.contains("for 50 people"));
    assert!(
        plan.steps[1]
            .instructions
            .contains("Write the invitation in a formal tone")
    );
    assert!(plan.steps[1].instructions.contains("Dear Sir. Then stop."));
    assert!(!plan.steps[0].instructions.starts_with("Dear"));
}

#[test]
fn ticked_boxes_are_told_not_done_again() {
    let plan = plan("- [x] Choose a date\n- [ ] Book a venue\n- [ ] Print the flyers");
    assert_eq!(plan.steps.len(), 2);
    assert!(
        plan.steps
            .iter()
            .all(|step| step.instructions.contains("Already done: Choose a date"))
    );
}
