//! Claims go around the owners: who has much to do keeps nobody waiting.

use std::time::Duration;

use agent_orchestrator::store::{
    Store,
    steps::{Claim, ClaimRequest, Failure},
    tasks::NewTask,
};
use entity::{
    ids::TaskId,
    values::{Owner, UserId},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use super::{LEASE, claim, new_task, submit, tenant, without_worker};
use crate::support::both_stacks;

/// Makes `count` ready steps out of each step of this kind, whatever state that is in.
pub(crate) async fn multiply(db: &DatabaseConnection, kind: &str, count: usize) {
    let (id, numbers) = match db.get_database_backend() {
        DbBackend::Postgres => (
            "gen_random_uuid()",
            format!("generate_series(1, {count}) AS c(n)"),
        ),
        _ => (
            "randomblob(16)",
            format!(
                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c) AS c"
            ),
        ),
    };
    // Once more than all numbers so far: the steps of a task have places of their own.
    let insert = format!(
        "INSERT INTO step (id, tenant_id, task_id, owner, plan_id, kind, position, key, title, instructions, agent, status, \
         priority, attempts, max_attempts, epoch, journal_after, run_at, open_dependencies, cost_nanos, unpriced_entries, \
         created_at, updated_at) \
         SELECT {id}, tenant_id, task_id, owner, plan_id, 'WORK', 1000 + c.n, 'more' || c.n, title, instructions, agent, \
         'READY', priority, 0, max_attempts, 0, 0, run_at, 0, 0, 0, created_at, updated_at \
         FROM step CROSS JOIN {numbers} WHERE kind = '{kind}'"
    );
    db.execute_unprepared(&insert).await.unwrap();
    let counts = "UPDATE task SET status = 'RUNNING', ended_at = NULL, result = NULL, \
         open_steps = (SELECT count(*) FROM step s WHERE s.task_id = task.id AND s.status IN ('READY', 'RUNNING')), \
         active_steps = (SELECT count(*) FROM step s WHERE s.task_id = task.id AND s.status IN ('READY', 'RUNNING'))";
    db.execute_unprepared(counts).await.unwrap();
}

fn of(user: &str) -> NewTask {
    NewTask {
        user: UserId(user.to_owned()),
        ..new_task()
    }
}

fn owner(user: &str) -> Owner {
    Owner::of(&tenant(), &UserId(user.to_owned()))
}

async fn submit_many(store: &Store, user: &str, count: usize) -> Vec<TaskId> {
    let mut tasks = Vec::new();
    for _ in 0..count {
        tasks.push(submit(store, of(user)).await);
    }
    tasks
}

/// What `ask` gets, and the owner it was served to last.
async fn ask(store: &Store, request: &ClaimRequest) -> (Vec<Claim>, Option<Owner>) {
    let settled = store.settle_steps(&[], Some(request)).await.unwrap();
    (settled.claims, settled.served)
}

fn users(claims: &[Claim]) -> Vec<&str> {
    let mut users: Vec<&str> = claims.iter().map(|claim| claim.task.user_id.as_str()).collect();
    users.sort_unstable();
    users
}

both_stacks! {
    async fn ten_thousand_steps_of_one_user_do_not_come_before_the_first_of_another(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        submit_many(&store, "ada", 20).await;
        multiply(&app.connection().await, "PLAN", 500).await;
        let others = submit(&store, of("bob")).await;
        let first = claim(&store, 2, LEASE).await;
        assert_eq!(users(&first), ["ada", "bob"]);
        assert!(first.iter().any(|claim| claim.task.id == others));
        let second = claim(&store, 16, LEASE).await;
        assert_eq!(users(&second), ["ada"; 16], "places that nobody else wants stay empty");
        // Also for one who comes before the crowd in the alphabet, and in one of its rounds.
        submit(&store, of("aaron")).await;
        let mut request = ClaimRequest::new("w", 4, LEASE);
        request.after = Some(owner("ada"));
        assert_eq!(users(&ask(&store, &request).await.0), ["aaron", "ada", "ada", "ada"]);
    }

    async fn within_an_owner_the_most_urgent_goes_first_then_the_longest_waiting(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let mut expected = Vec::new();
        for priority in [0, 5, 0, 5] {
            let task = submit(&store, NewTask { priority, ..of("ada") }).await;
            expected.push((-priority, expected.len(), task));
        }
        submit_many(&store, "bob", 4).await;
        expected.sort_unstable();
        for (.., task) in expected {
            let claims = claim(&store, 2, LEASE).await;
            assert_eq!(users(&claims), ["ada", "bob"]);
            assert!(claims.iter().any(|claim| claim.task.id == task));
        }
    }

    async fn the_urgency_of_one_owner_does_not_starve_another(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for _ in 0..8 {
            submit(&store, NewTask { priority: 100, ..of("ada") }).await;
        }
        for _ in 0..2 {
            submit(&store, NewTask { priority: -100, ..of("bob") }).await;
        }
        assert_eq!(users(&claim(&store, 4, LEASE).await), ["ada", "ada", "bob", "bob"]);
    }

    async fn a_round_goes_on_where_the_last_one_ended_and_begins_again(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for user in ["ada", "bob", "cy"] {
            submit_many(&store, user, 3).await;
        }
        let mut request = ClaimRequest::new("w", 1, LEASE);
        for user in ["ada", "bob", "cy"].repeat(3) {
            let (claims, served) = ask(&store, &request).await;
            assert_eq!((users(&claims), &served), (vec![user], &Some(owner(user))));
            request.after = served;
        }
        assert_eq!(ask(&store, &request).await.0.len(), 0);
    }

    async fn an_owner_who_is_left_out_gets_nothing(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for user in ["ada", "bob", "cy"] {
            submit_many(&store, user, 2).await;
        }
        let mut request = ClaimRequest::new("w", 9, LEASE);
        request.except = vec![owner("ada"), owner("cy")];
        assert_eq!(users(&ask(&store, &request).await.0), ["bob", "bob"]);
        request.except = vec![owner("bob")];
        request.after = Some(owner("cy"));
        assert_eq!(users(&ask(&store, &request).await.0), ["ada", "ada", "cy", "cy"]);
    }

    async fn all_places_are_filled_however_the_steps_are_spread(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        submit_many(&store, "ada", 30).await;
        for user in ["bob", "cy", "dan", "eve", "fay", "gus", "hal"] {
            submit(&store, of(user)).await;
        }
        let claims = claim(&store, 16, LEASE).await;
        assert_eq!(users(&claims)[..9], ["ada"; 9]);
        assert_eq!(users(&claims)[9..], ["bob", "cy", "dan", "eve", "fay", "gus", "hal"]);
    }

    async fn an_owner_whose_steps_are_to_be_tried_later_takes_nobodys_turn(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for user in ["ada", "bob", "cy"] {
            submit(&store, of(user)).await;
        }
        let failure = Failure {
            code: "TEST".to_owned(),
            message: "later".to_owned(),
            retry_in: Some(Duration::from_secs(3_600)),
            replayable: true,
        };
        for held in claim(&store, 3, LEASE).await {
            store.fail_step(&held, &failure).await.unwrap();
        }
        submit(&store, of("dan")).await;
        assert_eq!(users(&claim(&store, 1, LEASE).await), ["dan"]);
    }
}
