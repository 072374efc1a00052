//! How much one answer may hold. The document says nothing of how long its lists are: `task { steps { task { steps …`
//! multiplies by the number of steps with every round. So what is read is counted, and past the bound nothing more is.

use std::sync::atomic::{AtomicUsize, Ordering};

use entity::{
    attempt, event, ids::StepId, llm_call, memory, memory_use, message, plan, step, step_output, task,
    tool_call,
};

use super::error::Error;

/// Most reads for one answer. A page of 100 tasks with four steps each and ten lists in every step has about as many.
const MAX_LOADS: usize = 5_000;

/// Most bytes of rows for one answer.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What a row weighs beside its texts.
const ROW: usize = 256;

/// What the present answer of a request has read so far.
#[derive(Debug, Default)]
pub(super) struct Meter {
    loads: AtomicUsize,
    bytes: AtomicUsize,
}

impl Meter {
    /// Counts a read that is about to be made.
    pub(super) fn count_load(&self) -> Result<(), Error> {
        if self.loads.fetch_add(1, Ordering::Relaxed) < MAX_LOADS {
            return Ok(());
        }
        Err(Error::TooComplex(format!(
            "the answer needs more than {MAX_LOADS} reads: ask for fewer nested lists, or for shorter pages"
        )))
    }

    /// Counts what was read.
    pub(super) fn count(&self, read: &impl Weight) -> Result<(), Error> {
        let weight = read.weight();
        if self
            .bytes
            .fetch_add(weight, Ordering::Relaxed)
            .saturating_add(weight)
            <= MAX_BYTES
        {
            return Ok(());
        }
        Err(Error::TooComplex(format!(
            "the answer holds more than {} MiB: ask for fewer nested lists, or for shorter pages",
            MAX_BYTES / 1024 / 1024
        )))
    }

    /// Begins the next answer of a subscription.
    pub(super) fn reset(&self) {
        self.loads.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }
}

/// About how many bytes something takes.
pub(super) trait Weight {
    fn weight(&self) -> usize;
}

impl<T: Weight> Weight for Vec<T> {
    fn weight(&self) -> usize {
        self.iter().map(Weight::weight).sum()
    }
}

impl<T: Weight> Weight for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, Weight::weight)
    }
}

impl<T: Weight> Weight for (StepId, T) {
    fn weight(&self) -> usize {
        self.1.weight()
    }
}

fn text(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

macro_rules! weights {
    ($($row:ty: $self:ident => $texts:expr;)*) => {$(
        impl Weight for $row {
            fn weight(&self) -> usize {
                let $self = self;
                ROW + $texts
            }
        }
    )*};
}

weights! {
    task::Model: row => row.description.len() + row.metadata.0.len() + text(row.result.as_ref());
    plan::Model: row => row.document.0.len();
    step::Model: row => row.title.len() + row.instructions.len() + text(row.error_message.as_ref());
    step_output::Model: row => row.content.len();
    attempt::Model: row => text(row.error_message.as_ref());
    message::Model: row => row.content.len();
    llm_call::Model: row => row.answer.as_ref().map_or(0, |answer| answer.0.len());
    tool_call::Model: row => row.arguments.len() + text(row.result.as_ref());
    event::Model: row => row.payload.0.len();
    memory::Model: row => row.content.len() + row.metadata.0.len() + row.embedding.len();
    memory_use::Model: _row => 0;
}
