//! The first step of a task: its plan, made by the planning model, or by rules where there is none or it came to nothing.

use entity::enums::PlanAuthor;

use super::{Engine, error::StepError, model_call::Journal};
use crate::{
    llm::{LlmError, offline, route::Route, router::Wish},
    planner::{
        self,
        model::{Candidate, Conversation, Next, Wanted},
    },
    store::steps::{Claim, Ending},
};

/// Who plans.
#[derive(Clone, Debug)]
pub struct PlannerSettings {
    /// `default` or `PROVIDER/MODEL`. With the offline model plans are made by rules.
    pub model: String,
    /// Upper bound on the tokens of one plan.
    pub max_output_tokens: u32,
}

impl Engine {
    /// Makes and checks the plan.
    pub(super) async fn plan(&self, claim: &Claim) -> Result<Ending, StepError> {
        match self.planned(claim).await? {
            // The result is of a form that one step writes.
            Ending::Plan { draft, author } if claim.task.output_schema.is_some() => Ok(Ending::Plan {
                draft: planner::with_one_end(draft),
                author,
            }),
            ending => Ok(ending),
        }
    }

    async fn planned(&self, claim: &Claim) -> Result<Ending, StepError> {
        match self.planning_route(claim) {
            Ok(Some(route)) => self.plan_with(claim, &route).await,
            Ok(None) => self.plan_by_rules(claim, None),
            Err(error) => self.plan_by_rules(claim, Some(&error.to_string())),
        }
    }

    /// The models that may plan the task; None where the rules do. The offline model plans by rules, so as a fallback it
    /// is none.
    fn planning_route(&self, claim: &Claim) -> Result<Option<Route>, LlmError> {
        let model = &self.planner.model;
        if self.models.resolve(model)?.0.provider() == offline::PROVIDER {
            return Ok(None);
        }
        let route = self.models.route(&Wish {
            tenant: &claim.task.tenant_id.0,
            agent: &claim.step.agent,
            model,
            fallbacks: None,
        })?;
        if route.first().provider() == offline::PROVIDER {
            return Ok(None);
        }
        Ok(route.without(offline::PROVIDER))
    }

    /// Asks a model for the plan until it is valid, a few times at most.
    async fn plan_with(&self, claim: &Claim, route: &Route) -> Result<Ending, StepError> {
        let name = route.first().name().to_owned();
        let bound = self.planner.max_output_tokens;
        let wanted = Wanted {
            description: &claim.task.description,
            result_form: claim.task.output_schema.as_ref().map(|schema| schema.0.as_str()),
        };
        let mut talk = match Conversation::start(name, bound, wanted, self.candidates()) {
            Ok(talk) => talk,
            Err(error) => return self.plan_by_rules(claim, Some(&error.to_string())),
        };
        let mut journal = Journal::load(&self.store, claim).await?;
        let text = self.feed.write_output(&claim.step);
        let ending = loop {
            let answer = match self.ask(claim, route, talk.request(), &mut journal, &text).await {
                Ok(answer) => answer,
                // Servers that know no forms refuse the request for it.
                Err(StepError::Fail {
                    code: "MODEL_REJECTED",
                    ..
                }) if talk.without_form() => continue,
                Err(error) => match no_plan_will_come(claim, &error) {
                    Some(reason) => break self.plan_by_rules(claim, Some(&reason))?,
                    None => return Err(error),
                },
            };
            match talk.answered(&answer) {
                Next::Ask => {}
                Next::Done(draft) => {
                    let author = PlanAuthor::Model;
                    break Ending::Plan { draft, author };
                }
                Next::GiveUp(reason) => break self.plan_by_rules(claim, Some(&reason))?,
            }
        };
        text.completed();
        Ok(ending)
    }

    fn plan_by_rules(&self, claim: &Claim, instead_of_model: Option<&str>) -> Result<Ending, StepError> {
        if let Some(reason) = instead_of_model {
            tracing::warn!(%reason, "the model made no plan; the rules plan");
        }
        let planned = planner::by_rules(&claim.task.description, &self.agents, instead_of_model);
        let draft = planned.map_err(|error| StepError::Fail {
            code: "INVALID_PLAN",
            message: error.to_string(),
        })?;
        let author = PlanAuthor::Rules;
        Ok(Ending::Plan { draft, author })
    }

    /// The agents that can be given steps, with those of their tools that there are.
    fn candidates(&self) -> Vec<Candidate> {
        let agents = self.agents.all().iter();
        agents
            .map(|agent| Candidate {
                name: agent.name.clone(),
                description: agent.description.clone(),
                tools: agent
                    .tools
                    .iter()
                    .filter(|tool| self.tools.get(tool).is_some())
                    .cloned()
                    .collect(),
            })
            .collect()
    }
}

/// Why the rules take over, if another attempt of the step would not bring a plan of the model either.
fn no_plan_will_come(claim: &Claim, error: &StepError) -> Option<String> {
    let is_last = claim.step.attempts >= claim.step.max_attempts;
    match error {
        StepError::Fail { code, message } if code.starts_with("MODEL_") || *code == "UNKNOWN_PRICE" => {
            Some(message.clone())
        }
        StepError::Retry { code, message, .. } if code.starts_with("MODEL_") && is_last => {
            Some(message.clone())
        }
        _ => None,
    }
}
