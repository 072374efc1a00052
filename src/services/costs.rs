//! What was spent on what.

use super::{ServiceError, Services, validate};
use crate::{
    domain::scope::Scope,
    store::ledger::{CostDimension, CostFilter, CostSummary, MAX_COST_GROUPS},
};

impl Services {
    /// Sums of the ledger by the given dimensions, dearest first.
    pub async fn costs(
        &self,
        scope: &Scope,
        filter: &CostFilter,
        by: &[CostDimension],
    ) -> Result<Vec<CostSummary>, ServiceError> {
        for (field, day) in [("from", &filter.from_day), ("to", &filter.to_day)] {
            if day.as_ref().is_some_and(|day| !is_day(day)) {
                return Err(ServiceError::invalid(field, "a day is written YYYY-MM-DD"));
            }
        }
        for (field, name) in [("agent", &filter.agent), ("model", &filter.model)] {
            if let Some(name) = name {
                validate::text(field, name, 256)?;
            }
        }
        let sums = self.store.costs(scope, filter, by).await?;
        if sums.len() as u64 > MAX_COST_GROUPS {
            return Err(ServiceError::invalid(
                "groupBy",
                "more than 1,000 groups: narrow the filter or group by less",
            ));
        }
        Ok(sums)
    }
}

/// Whether a text is a day as the ledger writes it. Days are compared as text, so "2026-1-1" would not do.
fn is_day(text: &str) -> bool {
    text.parse::<chrono::NaiveDate>()
        .is_ok_and(|day| day.format("%Y-%m-%d").to_string() == text)
}
