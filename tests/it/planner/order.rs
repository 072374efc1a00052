use super::check;

#[test]
fn words_of_order_are_obeyed() {
    check(&[
        (
            "After collecting the data, write a summary.",
            &[
                ("Collect the data", "researcher", &[]),
                ("Write a summary", "writer", &[1]),
            ],
        ),
        (
            "Write a summary after collecting the data.",
            &[
                ("Collect the data", "researcher", &[]),
                ("Write a summary", "writer", &[1]),
            ],
        ),
        (
            "Before deploying the service, run the tests.",
            &[
                ("Run the tests", "engineer", &[]),
                ("Deploy the service", "engineer", &[1]),
            ],
        ),
        (
            "Check the links before you publish the article.",
            &[
                ("Check the links", "reviewer", &[]),
                ("Publish the article", "writer", &[1]),
            ],
        ),
        (
            "Once the data is collected, plot it.",
            &[
                ("Collect the data", "researcher", &[]),
                ("Plot it", "analyst", &[1]),
            ],
        ),
        (
            "Once the migration is done, notify the users.",
            &[
                ("Complete the migration", "_", &[]),
                ("Notify the users", "_", &[1]),
            ],
        ),
        (
            "After lunch, call the customer.",
            &[("Call the customer", "_", &[])],
        ),
        (
            "Analyze the data. Write the docs. After analyzing the data, publish it.",
            &[
                ("Analyze", "analyst", &[]),
                ("docs", "writer", &[1]),
                ("Publish it", "writer", &[1]),
            ],
        ),
        (
            "Write the tests. Before that, design the API.",
            &[
                ("Design the API", "architect", &[]),
                ("Write the tests", "engineer", &[1]),
            ],
        ),
        (
            "Analyze the requirements. Then, in parallel, build the API and write the docs. Finally, deploy.",
            &[
                ("Analyze", "analyst", &[]),
                ("Build the API", "engineer", &[1]),
                ("Write the docs", "writer", &[1]),
                ("Deploy", "engineer", &[2, 3]),
            ],
        ),
        (
            "Build the API. Meanwhile, write the docs and then print them. Finally, ship it.",
            &[
                ("Build the API", "engineer", &[]),
                ("Write the docs", "writer", &[]),
                ("Print them", "_", &[2]),
                ("Ship it", "_", &[1, 3]),
            ],
        ),
        (
            "Research the market and write a slogan in parallel.",
            &[
                ("Research the market", "researcher", &[]),
                ("Write a slogan", "writer", &[]),
            ],
        ),
        (
            "Build the API while writing the docs.",
            &[
                ("Build the API", "engineer", &[]),
                ("Write the docs", "writer", &[]),
            ],
        ),
        (
            "Set up the database. At the same time, set up the cache. After both are done, start the service.",
            &[
                ("Set up the database", "_", &[]),
                ("Set up the cache", "_", &[]),
                ("Start the service", "_", &[1, 2]),
            ],
        ),
        (
            "Simultaneously build the API and write the docs. Lastly, deploy both.",
            &[
                ("Build the API", "engineer", &[]),
                ("Write the docs", "writer", &[]),
                ("Deploy both", "engineer", &[1, 2]),
            ],
        ),
    ]);
}

#[test]
fn in_parallel_is_about_its_own_sentence_where_it_can_be() {
    check(&[
        (
            "In parallel: research the market; analyze the competitors. Afterwards write a summary.",
            &[
                ("Research", "researcher", &[]),
                ("Analyze", "analyst", &[]),
                ("Write a summary", "writer", &[1, 2]),
            ],
        ),
        (
            "Gather requirements. Design the database and the API in parallel. Then implement both.",
            &[
                ("Gather", "researcher", &[]),
                ("Design the database", "architect", &[1]),
                ("Design the API", "architect", &[1]),
                ("Implement both", "engineer", &[2, 3]),
            ],
        ),
        (
            "Write two poems. Translate both in parallel. Write a song at the same time.",
            &[
                ("two poems", "writer", &[]),
                ("Translate both", "writer", &[1]),
                ("a song", "writer", &[1]),
            ],
        ),
        (
            "Hi Bob, make a plan, but first read the notes.",
            &[("Read the notes", "_", &[]), ("Make a plan", "architect", &[1])],
        ),
    ]);
}
