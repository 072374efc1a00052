//! The closed lists that rows carry. What a lifecycle allows is said in `domain`, not here.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(
                $(#[$vdoc])*
                #[sea_orm(string_value = $text)]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl $name {
            /// The value as it stands in the database, in events and in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    )*};
}

text_enums! {
    /// Where a task is in its life. Transitions: `domain::lifecycle`.
    TaskStatus {
        /// Accepted; no step has started.
        Pending = "PENDING",
        /// At least one step has started and work goes on.
        Running = "RUNNING",
        /// Nothing can go on until a person acts: an approval, an answer or a budget.
        Waiting = "WAITING",
        /// Every step ended well.
        Completed = "COMPLETED",
        /// A step failed for good.
        Failed = "FAILED",
        /// Stopped on request.
        Cancelled = "CANCELLED",
    }

    /// Where a step is in its life. Transitions: `domain::lifecycle`.
    StepStatus {
        /// Waits for steps it depends on.
        Pending = "PENDING",
        /// May be claimed by a worker once its time has come.
        Ready = "READY",
        /// Claimed: a worker holds its lease.
        Running = "RUNNING",
        /// Waits for a person.
        Waiting = "WAITING",
        /// Ended well; its output is stored.
        Completed = "COMPLETED",
        /// Ended badly, with a reason.
        Failed = "FAILED",
        /// Stopped on request.
        Cancelled = "CANCELLED",
        /// Never ran, because a step it depends on failed.
        Skipped = "SKIPPED",
    }

    /// What kind of work a step is.
    StepKind {
        /// Makes the task's plan. The first step of every task.
        Plan = "PLAN",
        /// A step of the plan.
        Work = "WORK",
    }

    /// What a waiting step waits for.
    WaitReason {
        /// More money: see `raiseBudget`.
        Budget = "BUDGET",
        /// A person's decision.
        Approval = "APPROVAL",
        /// A person's answer.
        Answer = "ANSWER",
    }

    /// Who made a plan.
    PlanAuthor {
        /// The rule-based planner.
        Rules = "RULES",
        /// A model.
        Model = "MODEL",
        /// A person.
        User = "USER",
    }

    /// How an attempt ended.
    AttemptOutcome {
        /// It goes on.
        Running = "RUNNING",
        /// The step completed.
        Completed = "COMPLETED",
        /// The step failed for good.
        Failed = "FAILED",
        /// It failed and the step is tried again.
        Retrying = "RETRYING",
        /// Its lease ran out and the step was taken back.
        Expired = "EXPIRED",
        /// The step was cancelled.
        Cancelled = "CANCELLED",
        /// The step was put aside, to wait for a person or because the worker stopped.
        Released = "RELEASED",
    }

    /// Where a journaled call is.
    CallStatus {
        /// Written down, with its worst case reserved; not sent. A tool call of which a person said: once more.
        Reserved = "RESERVED",
        /// Sent; its outcome is not known yet.
        Dispatched = "DISPATCHED",
        /// Answered.
        Succeeded = "SUCCEEDED",
        /// Refused or failed.
        Failed = "FAILED",
        /// Sent, and nobody knows what happened.
        Unknown = "UNKNOWN",
    }

    /// What a person said of a call whose outcome nobody knew.
    ToolDecision {
        /// It took effect.
        Happened = "HAPPENED",
        /// It did not.
        DidNotHappen = "DID_NOT_HAPPEN",
        /// Send it once more.
        RunAgain = "RUN_AGAIN",
    }

    /// What running a tool call again does to the world.
    ToolEffect {
        /// Nothing: it only reads.
        Pure = "PURE",
        /// The same as running it once, under the same idempotency key.
        Idempotent = "IDEMPOTENT",
        /// Something more each time: never run again without a person's word.
        AtMostOnce = "AT_MOST_ONCE",
    }

    /// Who said a message.
    MessageRole {
        /// The person who submitted the task.
        User = "USER",
        /// An agent.
        Assistant = "ASSISTANT",
        /// A tool.
        Tool = "TOOL",
    }

    /// What a ledger entry pays for.
    LedgerKind {
        /// A call of a chat model.
        LlmCall = "LLM_CALL",
        /// Turning text into vectors.
        Embedding = "EMBEDDING",
        /// A priced tool.
        ToolCall = "TOOL_CALL",
    }

    /// Where a long-term memory came from.
    MemorySource {
        /// A person stored it.
        User = "USER",
        /// The result of a step.
        Step = "STEP",
        /// An agent stored it with a tool.
        Tool = "TOOL",
    }

    /// What an event tells.
    EventKind {
        TaskSubmitted = "TASK_SUBMITTED",
        TaskStarted = "TASK_STARTED",
        PlanCreated = "PLAN_CREATED",
        StepReady = "STEP_READY",
        StepStarted = "STEP_STARTED",
        StepRetrying = "STEP_RETRYING",
        StepWaiting = "STEP_WAITING",
        StepCompleted = "STEP_COMPLETED",
        StepFailed = "STEP_FAILED",
        StepSkipped = "STEP_SKIPPED",
        StepCancelled = "STEP_CANCELLED",
        LlmCallSettled = "LLM_CALL_SETTLED",
        ToolCallSettled = "TOOL_CALL_SETTLED",
        ToolCallUnknown = "TOOL_CALL_UNKNOWN",
        ToolCallDecided = "TOOL_CALL_DECIDED",
        MemoryStored = "MEMORY_STORED",
        BudgetRaised = "BUDGET_RAISED",
        TaskWaiting = "TASK_WAITING",
        TaskResumed = "TASK_RESUMED",
        CancelRequested = "CANCEL_REQUESTED",
        TaskCompleted = "TASK_COMPLETED",
        TaskFailed = "TASK_FAILED",
        TaskCancelled = "TASK_CANCELLED",
    }
}
