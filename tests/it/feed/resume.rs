//! Coming back: after a cursor, under a name, too late, and again and again.

use rand::Rng;
use serde_json::{Value, json};

use super::{all, is_event, numbers, watch};
use crate::support::{TestApp, both_stacks};

const MANY_STEPS: &str = "1. Analyze the data\n2. Design the schema\n3. Build the API\n4. Test the API\n5. Write the docs\n\
    6. Review the docs\n7. Publish the docs\n8. Summarize the work";

async fn acknowledge(app: &TestApp, id: &str, consumer: &str, cursor: &Value) -> Value {
    let query = "mutation($input: AcknowledgeEventsInput!) { acknowledgeEvents(input: $input) { cursor userErrors { code } } }";
    let input = json!({ "taskId": id, "consumer": consumer, "cursor": cursor });
    app.graphql(query, json!({ "input": input })).await.data()["acknowledgeEvents"].clone()
}

both_stacks! {
    async fn after_any_cursor_come_all_later_events_once(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Write a poem.").await;
        app.finished(&id).await;
        let whole = all(watch(&app, &id, None, None).await).await;
        let last = i64::try_from(whole.iter().filter(|item| is_event(item)).count()).unwrap();
        assert_eq!(numbers(&whole), (1..=last).collect::<Vec<_>>());
        for event in whole.iter().filter(|item| is_event(item)) {
            let seq: i64 = event["seq"].as_str().unwrap().parse().unwrap();
            let rest = all(watch(&app, &id, event["cursor"].as_str(), None).await).await;
            assert_eq!(numbers(&rest), (seq + 1..=last).collect::<Vec<_>>());
            let [.., caught_up, ended] = rest.as_slice() else { panic!("{rest:#?}") };
            assert_eq!((&caught_up["__typename"], &caught_up["seq"]), (&json!("CaughtUp"), &json!(last.to_string())));
            assert_eq!((&ended["__typename"], &ended["finalSeq"]), (&json!("Ended"), &json!(last.to_string())));
            assert_eq!(ended["status"], "COMPLETED");
        }
    }

    async fn a_snapshot_and_its_cursor_have_no_hole_between_them(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", MANY_STEPS).await;
        let task = app.wait_for(&id, |task| task["steps"][2]["status"] == "COMPLETED").await;
        let rest = all(watch(&app, &id, task["eventCursor"].as_str(), None).await).await;
        let seen = numbers(&rest);
        let last = numbers(&all(watch(&app, &id, None, None).await).await).len();
        assert_eq!(seen, (seen[0]..=i64::try_from(last).unwrap()).collect::<Vec<_>>());
        let first = rest.iter().find(|item| is_event(item)).unwrap()["cursor"].clone();
        assert_ne!(first, task["eventCursor"]);
    }

    async fn a_named_reader_goes_on_where_it_said_it_was(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Write a poem.").await;
        app.finished(&id).await;
        let whole = all(watch(&app, &id, None, Some("reader")).await).await;
        let (third, fifth) = (whole[2]["cursor"].clone(), whole[4]["cursor"].clone());
        assert_eq!(acknowledge(&app, &id, "reader", &fifth).await, json!({ "cursor": fifth, "userErrors": [] }));
        // It never goes back.
        assert_eq!(acknowledge(&app, &id, "reader", &third).await["cursor"], fifth);
        // The same subscription as before, as clients repeat it after a lost connection.
        assert_eq!(numbers(&all(watch(&app, &id, None, Some("reader")).await).await)[0], 6);
        assert_eq!(numbers(&all(watch(&app, &id, third.as_str(), Some("reader")).await).await)[0], 6);
        assert_eq!(numbers(&all(watch(&app, &id, None, Some("another")).await).await)[0], 1);
        let refused = acknowledge(&app, "task_00000000000000000000000000000000", "reader", &fifth).await;
        assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND", "{refused}");
    }

    async fn a_reader_that_leaves_two_hundred_times_misses_and_repeats_nothing(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", MANY_STEPS).await;
        let (mut seen, mut cursor, mut ended) = (Vec::new(), None::<String>, false);
        for _ in 0..200 {
            let mut socket = watch(&app, &id, cursor.as_deref(), None).await;
            let patience = rand::rng().random_range(1..=3);
            for _ in 0..patience {
                // A connection that is cut while it waits, at any moment.
                let wait = std::time::Duration::from_millis(rand::rng().random_range(1..=40));
                let Ok(item) = tokio::time::timeout(wait, socket.next()).await else { break };
                let item = item["taskEvents"].clone();
                ended = item["__typename"] == "Ended";
                if ended {
                    break;
                }
                if is_event(&item) {
                    cursor = item["cursor"].as_str().map(str::to_owned);
                    seen.push(item);
                }
            }
            if ended {
                break;
            }
        }
        if !ended {
            app.finished(&id).await;
            seen.extend(all(watch(&app, &id, cursor.as_deref(), None).await).await.into_iter().filter(is_event));
        }
        let log: Vec<_> = all(watch(&app, &id, None, None).await).await.into_iter().filter(is_event).collect();
        assert_eq!(seen, log);
        assert_eq!(log.last().unwrap()["kind"], "TASK_COMPLETED");
    }

    async fn many_readers_of_one_task_see_the_same(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", MANY_STEPS).await;
        let mut sockets = Vec::new();
        for _ in 0..20 {
            sockets.push(watch(&app, &id, None, None).await);
        }
        let read: Vec<_> = futures_util::future::join_all(sockets.into_iter().map(all)).await;
        let expected = numbers(&read[0]);
        assert_eq!(expected, (1..=i64::try_from(expected.len()).unwrap()).collect::<Vec<_>>());
        assert!(read.iter().all(|items| numbers(items) == expected));
    }
}
