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
            match self.store.heartbeat(&held.claims(), self.settings.lease).await {
                Ok(pulse) => {
                    for step in pulse.lost {
                        held.interrupt(step, Interruption::Lost);
                    }
                    for step in pulse.cancelled {
                        held.interrupt(step, Interruption::Cancelled);
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
