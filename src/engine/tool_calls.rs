//! The tool calls of one answer: pure ones beside each other, all others one by one and in order.

use entity::enums::ToolEffect;
use futures_util::{StreamExt, stream};

use super::{Engine, error::StepError, model_call::Journal, tool_call::Prepared};
use crate::{
    agents::{role::AgentRole, session::Session},
    llm::chat::ToolRequest,
    store::steps::Claim,
};

/// Pure calls of one step under way at once.
const AT_ONCE: usize = 8;

impl Engine {
    /// The results of the tools the model asked for, in the order in which it asked. A call with an effect begins when all
    /// before it have ended, and ends before any after it begins; so what it changed is seen by those after it only.
    pub(super) async fn call_tools(
        &self,
        claim: &Claim,
        role: &AgentRole,
        session: &Session,
        calls: Vec<ToolRequest>,
        journal: &mut Journal,
    ) -> Result<Vec<(ToolRequest, String)>, StepError> {
        let mut results = Vec::with_capacity(calls.len());
        let mut beside: Vec<Prepared> = Vec::new();
        for (at, call) in calls.iter().enumerate() {
            let refusal = session.refusal(at);
            let is_pure = refusal.is_some() || self.is_pure(call);
            if !is_pure {
                self.run_beside(claim, &mut beside, &mut results).await?;
            }
            let prepared = self.prepare_tool(claim, role, refusal, call, journal).await;
            match prepared {
                Ok(prepared) => beside.push(prepared),
                Err(error) => {
                    // What was written down as sent is sent: it does no harm, and its result is kept.
                    self.run_beside(claim, &mut beside, &mut results).await?;
                    return Err(error);
                }
            }
            if !is_pure {
                self.run_beside(claim, &mut beside, &mut results).await?;
            }
        }
        self.run_beside(claim, &mut beside, &mut results).await?;
        Ok(calls.into_iter().zip(results).collect())
    }

    fn is_pure(&self, call: &ToolRequest) -> bool {
        let tool = self.tools.get(&call.name);
        tool.is_none_or(|tool| tool.effect == ToolEffect::Pure)
    }

    /// Runs what was prepared at the same time. All of it ends, also where one fails; the first failure is the answer.
    async fn run_beside(
        &self,
        claim: &Claim,
        prepared: &mut Vec<Prepared>,
        results: &mut Vec<String>,
    ) -> Result<(), StepError> {
        let runs = prepared.drain(..).map(|prepared| self.run_tool(claim, prepared));
        let ended: Vec<Result<String, StepError>> = stream::iter(runs).buffered(AT_ONCE).collect().await;
        for result in ended {
            results.push(result?);
        }
        Ok(())
    }
}
