//! A step of the plan: recall, think, act, answer, and remember what was learned.

use std::time::Duration;

use crate::domain::causes::in_one_line;
use entity::{enums::MemorySource, ids::MemoryId, values::JsonText};
use serde_json::json;

use super::{Engine, error::StepError, model_call::Journal};
use crate::{
    agents::{
        lesson::lesson,
        role::AgentRole,
        session::{Next, Session},
    },
    domain::scope::Scope,
    feed::output::OutputWriter,
    llm::{
        chat::ToolSpec,
        prompt::{EarlierResult, StepPrompt},
        route::Route,
        structured::{OutputForm, Structured},
    },
    memory::{DEFAULT_NAMESPACE, MemoryError, MetadataFilter, NewContent, SearchQuery},
    store::{
        memories::{NewMemory, UsedMemory},
        steps::{Claim, Ending, StepResult},
    },
};

/// Memories put before an agent at most.
const RECALLED: usize = 5;

/// Cosine below which a memory is not worth a place in the prompt.
const RELEVANT: f32 = 0.25;

impl Engine {
    /// Carries a step out.
    pub(super) async fn act(&self, claim: &Claim) -> Result<Ending, StepError> {
        let role = self
            .agents
            .get(&claim.step.agent)
            .ok_or_else(|| StepError::Fail {
                code: "UNKNOWN_AGENT",
                message: format!("there is no agent {:?} any more", claim.step.agent),
            })?;
        let mut journal = Journal::load(&self.store, claim).await?;
        self.settle_doubts(claim, &journal).await?;
        let prompt = self.prompt(claim, &journal).await?;
        let route = self.route(claim, role)?;
        let model_name = route.first().name().to_owned();
        let text = self.feed.write_output(&claim.step);
        let form = self.form_of(claim).await?;
        let mut session = Session::start(role, model_name, &prompt, self.tools_of(role)).with_form(form);
        let talk = self.converse(claim, role, &route, &mut session, &mut journal, &text);
        let output = match role.max_seconds {
            None => talk.await?,
            Some(seconds) => tokio::time::timeout(Duration::from_secs(u64::from(seconds)), talk)
                .await
                .unwrap_or_else(|_elapsed| Err(out_of_time(seconds)))?,
        };
        let memory = without_memory(self.learned(claim, &output).await)?.flatten();
        text.completed();
        Ok(Ending::Output(Box::new(StepResult { output, memory })))
    }

    /// Asks and runs tools by turns, until the session has its output.
    async fn converse(
        &self,
        claim: &Claim,
        role: &AgentRole,
        route: &Route,
        session: &mut Session,
        journal: &mut Journal,
        text: &OutputWriter,
    ) -> Result<String, StepError> {
        let mut next = Next::Ask;
        loop {
            next = match next {
                Next::Ask => {
                    let request = session.request()?;
                    if let Some(most) = role.max_cost_usd {
                        self.within_cost(most, journal.spent, route, &request)?;
                    }
                    match self.ask(claim, route, &request, journal, text).await {
                        Ok(answer) => session.answered(&answer),
                        // Servers that know no forms refuse the request for it.
                        Err(StepError::Fail {
                            code: "MODEL_REJECTED",
                            ..
                        }) if session.untold_form() => Next::Ask,
                        Err(error) => return Err(error),
                    }
                }
                Next::RunTools(calls) => {
                    let results = self.call_tools(claim, role, session, calls, journal).await?;
                    session.tool_results(results)
                }
                Next::Done(output) => return Ok(output),
                Next::Stop(stop) => return Err(stop.into()),
            };
        }
    }

    /// The form the step's output must have: that of the task's result, if nothing builds on the step.
    async fn form_of(&self, claim: &Claim) -> Result<Option<Structured>, StepError> {
        let Some(schema) = &claim.task.output_schema else {
            return Ok(None);
        };
        if self.store.has_dependents(claim.step.id).await? {
            return Ok(None);
        }
        let form = OutputForm::compile(schema.to_value());
        form.map(Some).map_err(|error| StepError::Fail {
            code: "OUTPUT_SCHEMA",
            message: error.to_string(),
        })
    }

    /// What the agent is told: the step, what it builds on, and what long-term memory has on it.
    async fn prompt(&self, claim: &Claim, journal: &Journal) -> Result<StepPrompt, StepError> {
        let scope = Scope::of_tenant(claim.task.tenant_id.clone());
        let results = self.store.earlier_outputs(&scope, claim.step.id).await?;
        Ok(StepPrompt {
            task: claim.task.description.clone(),
            title: claim.step.title.clone(),
            instructions: claim.step.instructions.clone(),
            results: results
                .into_iter()
                .map(|(step, output)| EarlierResult {
                    title: step.title,
                    agent: step.agent,
                    output,
                })
                .collect(),
            memories: without_memory(self.recall(claim, journal).await)?.unwrap_or_default(),
            // Left to `read_notes`: other steps write them meanwhile, and a replay must see the same prompt.
            notes: Vec::new(),
        })
    }

    /// Texts of the memories that fit the step; their use is recorded. A later attempt is given the same ones, also
    /// where there were none: another prompt would have its answers bought again.
    async fn recall(&self, claim: &Claim, journal: &Journal) -> Result<Vec<String>, MemoryError> {
        let (tenant, user) = (&claim.task.tenant_id, &claim.task.user_id);
        let scope = Scope::of_user(tenant.clone(), user.clone());
        let before = self.store.memory_uses_by_step(&scope, &[claim.step.id]).await?;
        let ids: Vec<MemoryId> = before
            .iter()
            .filter(|used| used.recalled)
            .map(|used| used.memory_id)
            .collect();
        if journal.has_answers() || !ids.is_empty() {
            let rows = self.store.memories_by_id(&scope, &ids).await?;
            let text = |id: &MemoryId| {
                rows.iter()
                    .find(|row| row.id == *id)
                    .map(|row| row.content.clone())
            };
            return Ok(ids.iter().filter_map(text).collect());
        }
        if self
            .store
            .memory_position(tenant, user, DEFAULT_NAMESPACE)
            .await?
            == 0
        {
            return Ok(Vec::new());
        }
        let vector = self.embed_for(claim, &claim.step.instructions).await?;
        let query = SearchQuery {
            tenant: tenant.clone(),
            user: user.clone(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            limit: RECALLED,
            min_score: Some(RELEVANT),
            filter: MetadataFilter::default(),
        };
        let found = self.memory.search(&vector, &query).await?;
        let used: Vec<UsedMemory> = (1..)
            .zip(&found.hits)
            .map(|(rank, (row, score))| UsedMemory {
                memory: row.id,
                rank,
                recalled: true,
                score: f64::from(*score),
            })
            .collect();
        self.store.record_memory_use(claim, &used).await?;
        Ok(found.hits.into_iter().map(|(row, _)| row.content).collect())
    }

    /// What is kept of a step that nothing else in the task builds on.
    async fn learned(&self, claim: &Claim, output: &str) -> Result<Option<NewMemory>, MemoryError> {
        if self.store.has_dependents(claim.step.id).await? {
            return Ok(None);
        }
        let known = self.memories_read(claim).await?;
        let Some(content) = lesson(&claim.task.description, &claim.step.title, output, &known) else {
            return Ok(None);
        };
        let vector = self.embed_for(claim, &content).await?;
        let metadata = json!({ "agent": claim.step.agent, "taskId": claim.task.id });
        let new = NewContent {
            tenant: claim.task.tenant_id.clone(),
            user: claim.task.user_id.clone(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            content,
            metadata: JsonText(metadata.to_string()),
            source: MemorySource::Step,
            source_task: Some(claim.task.id),
            source_step: Some(claim.step.id),
        };
        Ok(Some(self.memory.row(new, &vector)))
    }

    /// Texts of all memories the step was given, in its prompt or by a tool.
    async fn memories_read(&self, claim: &Claim) -> Result<Vec<String>, MemoryError> {
        let scope = Scope::of_user(claim.task.tenant_id.clone(), claim.task.user_id.clone());
        let uses = self.store.memory_uses_by_step(&scope, &[claim.step.id]).await?;
        let ids: Vec<MemoryId> = uses.iter().map(|used| used.memory_id).collect();
        Ok(self
            .store
            .memories_by_id(&scope, &ids)
            .await?
            .into_iter()
            .map(|row| row.content)
            .collect())
    }

    fn tools_of(&self, role: &AgentRole) -> Vec<ToolSpec> {
        self.tools
            .definitions()
            .filter(|tool| role.tools.contains(&tool.name))
            .map(|tool| ToolSpec {
                name: tool.name.clone(),
                description: tool.description.clone(),
                parameters: tool.parameters.clone(),
            })
            .collect()
    }
}

fn out_of_time(seconds: u32) -> StepError {
    StepError::Stop {
        code: "TIME_LIMIT",
        message: format!("the agent did not end within its {seconds} seconds"),
    }
}

/// What came of a use of memory. A step goes on without it when the embedder or the index fails: its answer may be paid
/// for already.
fn without_memory<T>(used: Result<T, MemoryError>) -> Result<Option<T>, StepError> {
    match used {
        Ok(found) => Ok(Some(found)),
        Err(MemoryError::Store(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(
                error = %in_one_line(&error),
                "the step goes on without long-term memory"
            );
            Ok(None)
        }
    }
}
