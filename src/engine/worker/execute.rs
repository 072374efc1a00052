//! One claimed step from start to end: run it, watch for interruptions, write down how it ended.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::{
    Shared, Worker,
    flush::{Finished, Reply},
    held::{Hold, Interruption},
    slots::Slot,
};
use crate::{
    engine::{
        error::StepError,
        settle::{PAUSE, TRIES, refused, settle},
    },
    store::steps::{Claim, Ending, Failure, Settlement, Verdict},
};

/// The longest a provider's wish puts the next attempt off.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

impl Shared {
    /// Runs a claim to its end. Whatever happens, the step is settled, given back, or left to the rescuer.
    pub(super) async fn execute(&self, claim: Claim, mut hold: Hold, slot: Slot) {
        let span = tracing::info_span!(
            "step", task.id = %claim.task.id, step.id = %claim.step.id, agent = %claim.step.agent,
            epoch = claim.step.epoch,
        );
        async {
            let work = AssertUnwindSafe(self.worker.work.carry_out(&claim)).catch_unwind();
            let ended = tokio::select! {
                ended = tokio::time::timeout(self.worker.settings.step_timeout, work) => ended,
                why = hold.interrupted() => return self.stop(&claim, why).await,
            };
            let error = match ended {
                Ok(Ok(Ok(ending))) => match self.settle_well(&claim, ending, slot).await {
                    Ok(()) => return,
                    Err(error) => error,
                },
                Ok(Ok(Err(error))) => error,
                // The panic hook has logged the message.
                Ok(Err(_panic)) => retry(
                    "PANIC",
                    "the step met a fault of this program; the log has more".to_owned(),
                ),
                Err(_elapsed) => retry(
                    "STEP_TIMEOUT",
                    format!(
                        "the step took longer than {:?}",
                        self.worker.settings.step_timeout
                    ),
                ),
            };
            self.settle_error(&claim, error).await;
        }
        .instrument(span)
        .await;
    }

    /// Hands the end over to the pump, again while the database is away.
    async fn settle_well(&self, claim: &Claim, ending: Ending, mut slot: Slot) -> Result<(), StepError> {
        for left in (0..TRIES).rev() {
            let settlement = Settlement {
                claim: claim.clone(),
                ending: ending.clone(),
            };
            let (reply, answer) = oneshot::channel();
            let finished = Finished {
                settlement,
                slot,
                reply,
            };
            let sent = self.inbox.send(finished).await.is_ok();
            match answer.await {
                Ok(Reply::Settled(Verdict::Stored)) => return Ok(()),
                Ok(Reply::Settled(Verdict::Cancelling)) => {
                    let store = &self.worker.store;
                    return settle(&self.worker.feed, || store.cancel_step(claim)).await;
                }
                Ok(Reply::Settled(Verdict::Fenced)) => return Err(StepError::Lost),
                Ok(Reply::Failed {
                    is_transient: false, ..
                }) => return Err(refused()),
                Ok(Reply::Failed { slot: back, .. }) if left > 0 => {
                    slot = back;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Reply::Failed { .. }) => break,
                Err(_) => {
                    tracing::error!(step.id = %claim.step.id, sent, "nobody took the end of a step");
                    break;
                }
            }
        }
        Err(StepError::Lost)
    }

    async fn stop(&self, claim: &Claim, why: Interruption) {
        let Worker { store, feed, .. } = &self.worker;
        tracing::info!(?why, "step interrupted");
        match why {
            Interruption::Lost => {}
            Interruption::Cancelled => {
                settle(feed, || store.cancel_step(claim)).await.ok();
            }
            Interruption::Draining => {
                settle(feed, || store.release_step(claim)).await.ok();
            }
        }
    }

    async fn settle_error(&self, claim: &Claim, error: StepError) {
        let Worker { store, feed, .. } = &self.worker;
        let replayable = !matches!(error, StepError::Stop { .. });
        let (code, message, retry_in) = match error {
            StepError::Lost => return,
            StepError::Wait {
                reason,
                needed,
                message,
            } => {
                tracing::info!(reason = reason.as_str(), "step waits for a person");
                settle(feed, || store.park_step(claim, reason, needed, &message))
                    .await
                    .ok();
                return;
            }
            StepError::Retry { code, message, after } => {
                let failures = u32::try_from(claim.step.attempts).unwrap_or(1);
                let backoff = self.worker.settings.backoff.delay(failures, rand::random());
                // A provider may ask for patience, not put a step off for days.
                (
                    code,
                    message,
                    Some(after.map_or(backoff, |after| after.max(backoff).min(LONGEST_WAIT))),
                )
            }
            StepError::Fail { code, message } | StepError::Stop { code, message } => (code, message, None),
        };
        tracing::warn!(code, %message, attempt = claim.step.attempts, "attempt failed");
        let failure = Failure {
            code: code.to_owned(),
            message,
            retry_in,
            replayable,
        };
        settle(feed, || async {
            store.fail_step(claim, &failure).await.map(|(_, change)| change)
        })
        .await
        .ok();
    }
}

fn retry(code: &'static str, message: String) -> StepError {
    StepError::Retry {
        code,
        message,
        after: None,
    }
}
