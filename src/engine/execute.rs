//! One claimed step from start to end: run it, watch for interruptions, write down how it ended.

use crate::domain::causes::in_one_line;
use std::{panic::AssertUnwindSafe, time::Duration};

use entity::enums::StepKind;
use futures_util::FutureExt;
use tracing::Instrument;

use super::{
    Engine,
    error::StepError,
    held::{Hold, Interruption},
};
use crate::store::{
    Committed, StoreError,
    steps::{Claim, Failure},
};

/// How often a final write is tried while the database is away. The lease bounds it too.
const SETTLE_TRIES: u32 = 20;

/// The longest a provider's wish puts the next attempt off.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Wait between those tries.
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// Runs a claim to its end. Whatever happens, the step is settled, given back, or left to the rescuer.
    pub(super) async fn execute(&self, claim: Claim, mut hold: Hold) {
        let span = tracing::info_span!(
            "step", task.id = %claim.task.id, step.id = %claim.step.id, agent = %claim.step.agent,
            epoch = claim.step.epoch,
        );
        async {
            let work = AssertUnwindSafe(self.work(&claim)).catch_unwind();
            let ended = tokio::select! {
                ended = tokio::time::timeout(self.settings.step_timeout, work) => ended,
                why = hold.interrupted() => return self.stop(&claim, why).await,
            };
            let error = match ended {
                Ok(Ok(Ok(()))) => return,
                Ok(Ok(Err(error))) => error,
                // The panic hook has logged the message.
                Ok(Err(_panic)) => retry(
                    "PANIC",
                    "the step met a fault of this program; the log has more".to_owned(),
                ),
                Err(_elapsed) => retry(
                    "STEP_TIMEOUT",
                    format!("the step took longer than {:?}", self.settings.step_timeout),
                ),
            };
            self.settle_error(&claim, error).await;
        }
        .instrument(span)
        .await;
    }

    async fn work(&self, claim: &Claim) -> Result<(), StepError> {
        match claim.step.kind {
            StepKind::Plan => self.plan(claim).await,
            StepKind::Work => self.act(claim).await,
        }
    }

    async fn stop(&self, claim: &Claim, why: Interruption) {
        tracing::info!(?why, "step interrupted");
        match why {
            Interruption::Lost => {}
            Interruption::Cancelled => {
                self.settle(|| self.store.cancel_step(claim)).await.ok();
            }
            Interruption::Draining => {
                self.settle(|| self.store.release_step(claim)).await.ok();
            }
        }
    }

    async fn settle_error(&self, claim: &Claim, error: StepError) {
        let replayable = !matches!(error, StepError::Stop { .. });
        let (code, message, retry_in) = match error {
            StepError::Lost => return,
            StepError::Wait {
                reason,
                needed,
                message,
            } => {
                tracing::info!(reason = reason.as_str(), "step waits for a person");
                self.settle(|| self.store.park_step(claim, reason, needed, &message))
                    .await
                    .ok();
                return;
            }
            StepError::Retry { code, message, after } => {
                let failures = u32::try_from(claim.step.attempts).unwrap_or(1);
                let backoff = self.settings.backoff.delay(failures, rand::random());
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
        self.settle(|| async {
            self.store
                .fail_step(claim, &failure)
                .await
                .map(|(_, change)| change)
        })
        .await
        .ok();
    }

    /// Makes a final write and announces it, trying again while the database is away. A write that took hold although
    /// its answer was lost shows as fenced: the step is no longer running, which is what was wanted.
    pub(super) async fn settle<F>(&self, write: impl Fn() -> F) -> Result<(), StepError>
    where
        F: Future<Output = Result<Committed, StoreError>>,
    {
        for left in (0..SETTLE_TRIES).rev() {
            match write().await {
                Ok(change) => {
                    self.feed.announce(&change).await;
                    return Ok(());
                }
                Err(StoreError::Fenced(_)) => return Err(StepError::Lost),
                Err(error) if error.is_transient() && left > 0 => {
                    tracing::warn!(
                        error = %in_one_line(&error),
                        "the database is away; trying again"
                    );
                    tokio::time::sleep(SETTLE_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(
                        error = %in_one_line(&error),
                        "the end of a step could not be written"
                    );
                    if error.is_transient() {
                        break;
                    }
                    // It would be refused again, by any worker: better a failed step with a reason than a lost one.
                    let message = "the end of the step could not be stored; the log has more".to_owned();
                    return Err(StepError::Fail {
                        code: "STORE_FAILED",
                        message,
                    });
                }
            }
        }
        Err(StepError::Lost)
    }
}

fn retry(code: &'static str, message: String) -> StepError {
    StepError::Retry {
        code,
        message,
        after: None,
    }
}
