//! What steps write, as it comes: whole for everyone who watches, whenever they come and wherever it is written.

mod fleet;
mod reader;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{TestApp, both_stacks},
};
pub(super) use fleet::followed;
use reader::{
    Output, PAUSE, POEM, app_with, drafts, early_and_late, says_and_calls, socket_rest, speak_with, step_of,
    stopped, watch, words,
};

both_stacks! {
    async fn everyone_gets_the_whole_text_as_it_is_written(stack: Stack) {
        let server = ScriptedServer::always(stopped(words(POEM, PAUSE))).await;
        let app = app_with(stack, &server).await;
        let [early, late] = early_and_late(&app).await;
        // The last chunk of a text that is whole already only says so.
        for output in [early, late] {
            assert_eq!(output.chunks.last().unwrap()["text"], "");
        }
        // Somebody may have needed a draft; nobody does now.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while drafts(&app).await > 0 {
            assert!(tokio::time::Instant::now() < deadline, "the draft of a completed step stays");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn a_watcher_goes_on_where_it_was(stack: Stack) {
        let server = ScriptedServer::always(stopped(words(POEM, PAUSE))).await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let (mut output, mut socket) = (Output::default(), watch(&app, json!({ "id": step })).await);
        output.until(&mut socket, |output| output.text.len() > 40).await;
        drop(socket);
        let from = json!({ "id": step, "after": output.text.len(), "attempt": output.attempt });
        let output = output.finish(watch(&app, from).await).await;
        assert_eq!(output.text(), POEM);
        // Of a step that has ended, too, and not in the middle of a character.
        let flower = POEM.split('🌹').next().unwrap().encode_utf16().count();
        for (after, offset) in [(flower, flower), (flower + 1, flower), (flower + 2, flower + 2), (100_000, output.text.len())] {
            let socket = watch(&app, json!({ "id": step, "after": after })).await;
            let rest = socket_rest(socket).await;
            assert_eq!(rest.len(), 1, "{rest:#?}");
            assert_eq!(rest[0]["offset"], offset, "{rest:#?}");
            let expected = String::from_utf16(&output.text[offset..]).unwrap();
            assert_eq!((&rest[0]["text"], &rest[0]["isFinal"]), (&json!(expected), &json!(true)));
        }
        let other_attempt = watch(&app, json!({ "id": step, "after": 10, "attempt": "7" })).await;
        assert_eq!(Output::default().finish(other_attempt).await.text(), POEM);
    }

    async fn the_text_of_another_attempt_takes_the_place_of_what_was_there(stack: Stack) {
        let broken = words("This will never be heard of again and ", PAUSE).cut();
        let server = ScriptedServer::start(vec![broken, stopped(words("Roses are red.", PAUSE))]).await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let output = Output::default().finish(watch(&app, json!({ "id": step })).await).await;
        assert_eq!(output.text(), "Roses are red.");
        let of = |attempt: &str| -> Vec<&Value> { output.chunks.iter().filter(|chunk| chunk["attempt"] == attempt).collect() };
        let (first, second) = (of("1"), of("2"));
        let heard: String = first.iter().map(|chunk| chunk["text"].as_str().unwrap()).collect();
        assert!(heard.starts_with("This will"), "{:#?}", output.chunks);
        assert_eq!((&first[0]["offset"], &second[0]["offset"]), (&json!(0), &json!(0)));
        assert_eq!(output.chunks.len(), first.len() + second.len());
    }

    async fn what_a_failed_step_has_written_can_still_be_seen(stack: Stack) {
        let broken = words("Roses are red, and then ", PAUSE).cut();
        let server = ScriptedServer::start(vec![broken, stopped(words("Violets are blue.", PAUSE))]).await;
        let app = TestApp::start_with(stack, |config| {
            speak_with(config, &server);
            config.engine.max_attempts = 1;
        })
        .await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let live = Output::default().finish(watch(&app, json!({ "id": step })).await).await;
        assert!("Roses are red, and then".starts_with(&live.text()) && !live.text.is_empty(), "{:#?}", live.chunks);
        assert_eq!(app.finished(&id).await["status"], "FAILED");
        let kept = async { while drafts(&app).await == 0 { tokio::time::sleep(Duration::from_millis(50)).await } };
        tokio::time::timeout(Duration::from_secs(10), kept).await.expect("no draft is left");
        let later = Output::default().finish(watch(&app, json!({ "id": step })).await).await;
        assert!(later.text().starts_with(&live.text()), "{:#?}", later.chunks);
        // Who has more than is known keeps it.
        let rest = socket_rest(watch(&app, json!({ "id": step, "after": 5_000, "attempt": "1" })).await).await;
        assert_eq!(rest, [json!({ "stepId": step, "attempt": "1", "offset": 5_000, "text": "", "isFinal": true })]);
        // A retry begins anew, and its end is the end of the draft.
        let retry = "mutation($id: ID!) { retryTask(input: { id: $id }) { userErrors { message } } }";
        assert_eq!(app.graphql(retry, json!({ "id": id })).await.data()["retryTask"]["userErrors"], json!([]));
        let had = Output { attempt: "1".to_owned(), text: later.text[..9].to_vec(), ..Output::default() };
        let again = had.finish(watch(&app, json!({ "id": step, "after": 9, "attempt": "1" })).await).await;
        assert_eq!((again.attempt.as_str(), again.text().as_str()), ("2", "Violets are blue."));
        let gone = async { while drafts(&app).await > 0 { tokio::time::sleep(Duration::from_millis(50)).await } };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the draft of a completed step stays");
    }

    async fn several_answers_are_one_text_and_end_as_the_output(stack: Stack) {
        let broken = words("The time ", PAUSE).cut();
        let server = ScriptedServer::start(vec![
            says_and_calls(" Let me look at the clock.\n"),
            broken,
            stopped(words("It is late.\n", Duration::from_millis(400))),
        ])
        .await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let mut socket = watch(&app, json!({ "id": step })).await;
        let mut output = Output::default();
        // The second attempt has the first answer from the journal, and its text is whole all the same.
        output.until(&mut socket, |output| output.attempt == "2" && output.text.len() > 30).await;
        assert!(output.text().starts_with("Let me look at the clock.\n\nIt"), "{:#?}", output.chunks);
        let output = output.finish(socket).await;
        assert_eq!(output.text(), "It is late.");
        assert_eq!(reader::output(&app, &id).await, "It is late.");
        assert_eq!(server.requests().len(), 3);
        // Who asks for the rest of a text that the output is not is given the output.
        let later = Output::default().finish(watch(&app, json!({ "id": step, "after": 5 })).await).await;
        assert_eq!(later.text(), "It is late.");
    }

    async fn the_offline_model_is_watched_like_any_other_and_leaves_no_drafts(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let live = Output::default().finish(watch(&app, json!({ "id": step })).await).await;
        let task = app.finished(&id).await;
        assert_eq!(task["steps"][1]["output"], live.text());
        assert!(!live.text.is_empty());
        assert_eq!(drafts(&app).await, 0);
        // Planning writes no text.
        let plan = Output::default().finish(watch(&app, json!({ "id": task["steps"][0]["id"] })).await).await;
        assert_eq!((plan.text().as_str(), plan.chunks.len()), ("", 1));
    }

    async fn one_that_has_not_started_is_waited_for_and_one_that_never_will_ends(stack: Stack) {
        let server = ScriptedServer::always(ScriptedAnswer::sse(&[]).hang()).await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "1. Analyze the data\n2. Write a poem about it").await;
        let task = app.wait_for(&id, |task| task["steps"][2]["id"].is_string()).await;
        server.received(1).await;
        let mut sockets = Vec::new();
        for at in [1, 2] {
            let mut socket = watch(&app, json!({ "id": task["steps"][at]["id"] })).await;
            socket.subscribe("2", "{ __typename }", json!({})).await;
            assert_eq!(socket.frame().await.unwrap()["id"], "2", "nothing has been written yet");
            assert_eq!(socket.frame().await.unwrap()["type"], "complete");
            sockets.push(socket);
        }
        let cancel = "mutation($id: ID!) { cancelTask(input: { id: $id }) { task { status } } }";
        app.graphql(cancel, json!({ "id": id })).await.data();
        for socket in sockets {
            let output = Output::default().finish(socket).await;
            assert_eq!((output.text().as_str(), output.chunks.len()), ("", 1));
        }
    }

    async fn what_is_not_there_and_what_makes_no_sense_is_refused(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        for (variables, code) in [
            (json!({ "id": "step_00000000000000000000000000000000" }), "NOT_FOUND"),
            (json!({ "id": id }), "BAD_USER_INPUT"),
            (json!({ "id": step, "after": -1 }), "BAD_USER_INPUT"),
            (json!({ "id": step, "after": 1, "attempt": "one" }), "BAD_USER_INPUT"),
        ] {
            let mut socket = watch(&app, variables.clone()).await;
            let frame = socket.frame().await.unwrap();
            // What is wrong with a value refuses the operation, what only its execution shows ends it.
            let errors = if frame["type"] == "error" { &frame["payload"] } else { &frame["payload"]["errors"] };
            assert_eq!(errors[0]["extensions"]["code"], code, "{variables}: {frame:#}");
        }
    }

    async fn a_model_that_never_stops_is_shown_up_to_a_bound(stack: Stack) {
        // 600 KB: more than is shown live, and less than an answer may have.
        let line = "all work and no play ".repeat(500);
        let chunk = json!({ "choices": [{ "delta": { "content": line } }] });
        let mut answer = ScriptedAnswer::sse(&[]);
        for _ in 0..60 {
            answer = answer.then(&format!("data: {chunk}\n\n")).pause(Duration::from_millis(40));
        }
        let server = ScriptedServer::always(stopped(answer)).await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Write a poem.").await;
        let step = step_of(&app, &id).await;
        let output = Output::default().finish(watch(&app, json!({ "id": step })).await).await;
        assert_eq!(output.text(), line.repeat(60).trim());
        let live: usize = output.chunks.iter().filter(|chunk| chunk["isFinal"] == false).map(|chunk| chunk["text"].as_str().unwrap().len()).sum();
        assert!((100_000..=256 * 1024).contains(&live), "{live}");
    }
}
