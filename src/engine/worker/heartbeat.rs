//! Keeping the leases of everything this worker holds.

use super::{
    Worker,
    held::{HeldSteps, Interruption},
};
use crate::domain::causes::in_one_line;

impl Worker {
    /// Beats until dropped. A step that was lost or cancelled is told to stop.
    pub(super) async fn keep_leases(self, held: HeldSteps) {
        let mut beat = tokio::time::interval(self.settings.heartbeat);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let claims = held.claims();
            match self.store.heartbeat(&claims, self.settings.lease).await {
                Ok(pulse) => {
                    // Said of these claims: a step may be held by a later one by now.
                    for claim in &claims {
                        if pulse.lost.contains(&claim.step.id) {
                            held.interrupt(claim, Interruption::Lost);
                        } else if pulse.cancelled.contains(&claim.step.id) {
                            held.interrupt(claim, Interruption::Cancelled);
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        error = %in_one_line(&error),
                        "leases could not be extended; trying again"
                    );
                }
            }
        }
    }
}
