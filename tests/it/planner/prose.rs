use super::{check, plan};

#[test]
fn sentences_and_clauses_follow_each_other() {
    check(&[
        (
            "Analyze the requirements and build a plan. Then implement core APIs.",
            &[
                ("Analyze the requirements", "analyst", &[]),
                ("Build a plan", "architect", &[1]),
                ("Implement core APIs", "engineer", &[2]),
            ],
        ),
        (
            "Collect the data, clean it, and plot the results.",
            &[
                ("Collect the data", "researcher", &[]),
                ("Clean it", "_", &[1]),
                ("Plot the results", "analyst", &[2]),
            ],
        ),
        (
            "analyze the data then write a report",
            &[
                ("Analyze the data", "analyst", &[]),
                ("Write a report", "writer", &[1]),
            ],
        ),
        (
            "First, gather the data. Second, check it. Third, draw a chart. Lastly, write a summary.",
            &[
                ("Gather", "researcher", &[]),
                ("Check it", "reviewer", &[1]),
                ("Draw a chart", "_", &[2]),
                ("Write a summary", "writer", &[3]),
            ],
        ),
        (
            "Research → Draft → Review",
            &[
                ("Research", "researcher", &[]),
                ("Draft", "writer", &[1]),
                ("Review", "reviewer", &[2]),
            ],
        ),
        (
            "read the file -> extract names -> sort them",
            &[
                ("Read the file", "_", &[]),
                ("Extract names", "_", &[1]),
                ("Sort them", "_", &[2]),
            ],
        ),
        (
            "Read the file; extract the names; sort them",
            &[("Read", "_", &[]), ("Extract", "_", &[1]), ("Sort", "_", &[2])],
        ),
        (
            "Collect the logs, then after that clean them; finally archive them.",
            &[
                ("Collect the logs", "_", &[]),
                ("Clean them", "_", &[1]),
                ("Archive them", "_", &[2]),
            ],
        ),
        (
            "Analyze the sales data\nCreate a chart\nWrite a summary",
            &[
                ("Analyze", "analyst", &[]),
                ("Create a chart", "_", &[1]),
                ("Write a summary", "writer", &[2]),
            ],
        ),
        (
            "Start by reading the file. Next, summarize it.",
            &[("Read the file", "_", &[]), ("Summarize it", "writer", &[1])],
        ),
    ]);
}

#[test]
fn and_splits_only_where_a_verb_follows() {
    check(&[
        (
            "research and development costs",
            &[("Research and development costs", "_", &[])],
        ),
        (
            "Find a recipe with salt and pepper.",
            &[("Find a recipe with salt and pepper", "researcher", &[])],
        ),
        (
            "Write a program that reads files and prints sums.",
            &[(
                "Write a program that reads files and prints sums",
                "engineer",
                &[],
            )],
        ),
        (
            "Investigate why the build is slow and how to make it faster.",
            &[("Investigate why the build is slow and how", "researcher", &[])],
        ),
        (
            "Build a REST API with authentication, rate limiting and logging",
            &[(
                "Build a REST API with authentication, rate limiting and logging",
                "engineer",
                &[],
            )],
        ),
        (
            "Could you please design, implement and test the login page?",
            &[
                ("Design the login page", "architect", &[]),
                ("Implement the login page", "engineer", &[1]),
                ("Test the login page", "engineer", &[2]),
            ],
        ),
        (
            "Research and write a report on bees.",
            &[
                ("Research to write a report on bees", "researcher", &[]),
                ("Write a report on bees", "writer", &[1]),
            ],
        ),
        (
            "If the tests fail, fix them and then report.",
            &[("If the tests fail, fix them and then report", "_", &[])],
        ),
    ]);
}

#[test]
fn one_verb_is_spread_over_its_objects() {
    check(&[
        (
            "Compare Postgres, MySQL and SQLite, then recommend one",
            &[
                ("Postgres", "analyst", &[]),
                ("MySQL", "analyst", &[]),
                ("SQLite", "analyst", &[]),
                ("Recommend one", "analyst", &[1, 2, 3]),
            ],
        ),
        (
            "Compare Postgres (120 EUR) and SQLite (free), then recommend one",
            &[
                ("Compare Postgres (120 EUR)", "analyst", &[]),
                ("Compare SQLite (free)", "analyst", &[]),
                ("Recommend one", "analyst", &[1, 2]),
            ],
        ),
        (
            "Compare Postgres and MySQL.",
            &[
                ("Postgres", "analyst", &[]),
                ("MySQL", "analyst", &[]),
                ("Compare Postgres and MySQL", "analyst", &[1, 2]),
            ],
        ),
        (
            "Research the weather in Berlin, Paris and Rome. Then write a travel tip.",
            &[
                ("weather in Berlin", "researcher", &[]),
                ("weather in Paris", "researcher", &[]),
                ("weather in Rome", "researcher", &[]),
                ("travel tip", "writer", &[1, 2, 3]),
            ],
        ),
        (
            "Evaluate AWS, Azure, and GCP for hosting a small site. At the end, write a recommendation.",
            &[
                ("AWS for hosting a small site", "analyst", &[]),
                ("Azure for hosting", "analyst", &[]),
                ("GCP for hosting", "analyst", &[]),
                ("Write a recommendation", "_", &[1, 2, 3]),
            ],
        ),
        (
            "Analyze the costs and benefits of solar power.",
            &[("Analyze the costs and benefits of solar power", "analyst", &[])],
        ),
        (
            "Translate the manual from English to German and French.",
            &[("Translate the manual", "writer", &[])],
        ),
    ]);
}

#[test]
fn what_looks_like_an_end_is_not_always_one() {
    check(&[
        ("What is 12*7?", &[("What is 12*7", "analyst", &[])]),
        ("Invoices", &[("Invoices", "_", &[])]),
        (
            "Download version 3.5 of Node.js from https://nodejs.org/en/download. Then summarize sales in the U.S. market vs. Europe, e.g. by quarter.",
            &[
                (
                    "Download version 3.5 of Node.js from https://nodejs.org/en/download",
                    "_",
                    &[],
                ),
                (
                    "Summarize sales in the U.S. market vs. Europe, e.g. by quarter",
                    "writer",
                    &[1],
                ),
            ],
        ),
        (
            "Review sales in the U.S. Then write a memo.",
            &[
                ("Review sales in the U.S", "reviewer", &[]),
                ("Write a memo", "writer", &[1]),
            ],
        ),
        (
            "Write \"Stop. Then go.\" on the sign.",
            &[("Write \"Stop. Then go.\" on the sign", "_", &[])],
        ),
        (
            "Explain `a.b; c -> d` and its use.",
            &[("Explain `a.b; c -> d` and its use", "_", &[])],
        ),
        (
            "Find flights on Dec. 3. Return the cheapest.",
            &[
                ("Find flights on Dec. 3", "researcher", &[]),
                ("Return the cheapest", "_", &[1]),
            ],
        ),
        (
            "Summarize the following text: The cat sat. Analyze everything. It slept.",
            &[("Summarize the following text", "writer", &[])],
        ),
        (
            "Translate into German:\n\nBuild a plan. Then implement it.",
            &[("Translate into German", "writer", &[])],
        ),
        (
            "Proofread this: Their going home. Then send it to Bob.",
            &[
                ("Proofread this", "reviewer", &[]),
                ("Send it to Bob", "writer", &[1]),
            ],
        ),
        (
            "Hello team!\n\nPlease analyze the logs. Thanks!",
            &[("Analyze the logs", "analyst", &[])],
        ),
        (
            "The researcher should find sources; the writer should draft the text.",
            &[
                ("find sources", "researcher", &[]),
                ("draft the text", "writer", &[1]),
            ],
        ),
        (
            "Build a shop: design the schema, implement the API, and write the tests.",
            &[
                ("Design the schema", "architect", &[]),
                ("Implement the API", "engineer", &[1]),
                ("Write the tests", "engineer", &[2]),
            ],
        ),
        (
            "I need a landing page. It should have a form. Design it first and then implement it in React.",
            &[
                ("Design it", "architect", &[]),
                ("Implement it in React", "engineer", &[1]),
            ],
        ),
    ]);
}

#[test]
fn the_summary_counts() {
    assert_eq!(
        plan("Invoices").summary,
        "1 step read from the description by rules"
    );
    assert_eq!(
        plan("Build it. Test it. Ship it.").summary,
        "3 steps read from the description by rules"
    );
}
