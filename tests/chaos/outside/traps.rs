//! Killing a caller around one of its calls.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::tally::Tally;

/// A moment around a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallPoint {
    /// It has arrived, and nothing is done yet.
    BeforeEffect,
    /// It is done, and nobody is told.
    BeforeAnswer,
    /// The answer has been sent.
    AfterAnswer,
}

impl CallPoint {
    pub const ALL: [Self; 3] = [Self::BeforeEffect, Self::BeforeAnswer, Self::AfterAnswer];

    fn name(self) -> &'static str {
        match self {
            Self::BeforeEffect => "before the effect of",
            Self::BeforeAnswer => "before the answer to",
            Self::AfterAnswer => "after the answer to",
        }
    }
}

/// Which sort of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Model,
    Tool,
}

/// Springs once, at the `after`th call of its sort from now.
#[derive(Clone, Copy, Debug)]
pub struct CallTrap {
    pub sort: Sort,
    /// Calls that still pass.
    pub after: u32,
    pub point: CallPoint,
}

type Kill = Arc<dyn Fn() + Send + Sync>;

pub(super) struct Traps {
    kills: Mutex<HashMap<String, Kill>>,
    armed: Mutex<HashMap<String, CallTrap>>,
    tally: Tally,
}

impl Traps {
    pub(super) fn new(tally: Tally) -> Self {
        Self {
            kills: Mutex::default(),
            armed: Mutex::default(),
            tally,
        }
    }

    pub(super) fn introduce(&self, caller: &str, kill: Kill) {
        self.kills.lock().unwrap().insert(caller.to_owned(), kill);
    }

    pub(super) fn arm(&self, caller: &str, trap: CallTrap) {
        self.armed.lock().unwrap().insert(caller.to_owned(), trap);
    }

    pub(super) fn disarm(&self) {
        self.armed.lock().unwrap().clear();
    }

    /// Tells of a call; answers where the caller dies in it, if it does.
    pub(super) fn spring(&self, caller: &str, sort: Sort) -> Option<CallPoint> {
        let mut armed = self.armed.lock().unwrap();
        let trap = armed.get_mut(caller).filter(|trap| trap.sort == sort)?;
        if trap.after > 0 {
            trap.after -= 1;
            return None;
        }
        Some(armed.remove(caller)?.point)
    }

    /// Kills the caller if this is where it dies. Answers whether it did.
    pub(super) fn reached(
        &self,
        point: CallPoint,
        dies: Option<CallPoint>,
        caller: &str,
        sort: Sort,
    ) -> bool {
        if dies != Some(point) {
            return false;
        }
        let call = match sort {
            Sort::Model => "a model call",
            Sort::Tool => "a tool call",
        };
        self.tally.count(format!("kill: {} {call}", point.name()));
        self.kill(caller);
        true
    }

    /// Kills the caller a moment after its answer, when some of it may be used already.
    pub(super) fn kill_soon(self: &Arc<Self>, dies: Option<CallPoint>, caller: &str, sort: Sort) {
        let (traps, caller) = (Arc::clone(self), caller.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..30))).await;
            traps.reached(CallPoint::AfterAnswer, dies, &caller, sort);
        });
    }

    pub(super) fn kill(&self, caller: &str) {
        let kill = self.kills.lock().unwrap().get(caller).cloned();
        if let Some(kill) = kill {
            kill();
        }
    }
}
