//! Final writes: tried again while the database is away.

use std::time::Duration;

use super::error::StepError;
use crate::{
    domain::causes::in_one_line,
    feed::Feed,
    store::{Committed, StoreError},
};

/// How often a final write is tried while the database is away. The lease bounds it too.
pub(super) const TRIES: u32 = 20;

/// Wait between those tries.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Makes a final write and announces it, trying again while the database is away. A write that took hold although
/// its answer was lost shows as fenced: the step is no longer running, which is what was wanted.
pub(super) async fn settle<F>(feed: &Feed, write: impl Fn() -> F) -> Result<(), StepError>
where
    F: Future<Output = Result<Committed, StoreError>>,
{
    for left in (0..TRIES).rev() {
        match write().await {
            Ok(change) => {
                feed.announce(&change).await;
                return Ok(());
            }
            Err(StoreError::Fenced(_)) => return Err(StepError::Lost),
            Err(error) if error.is_transient() && left > 0 => {
                tracing::warn!(
                    error = %in_one_line(&error),
                    "the database is away; trying again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::error!(
                    error = %in_one_line(&error),
                    "the end of a step could not be written"
                );
                if error.is_transient() {
                    break;
                }
                return Err(refused());
            }
        }
    }
    Err(StepError::Lost)
}

/// It would be refused again, by any worker: better a failed step with a reason than a lost one.
pub(super) fn refused() -> StepError {
    StepError::Fail {
        code: "STORE_FAILED",
        message: "the end of the step could not be stored; the log has more".to_owned(),
    }
}
