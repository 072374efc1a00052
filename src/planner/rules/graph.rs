//! The graph of steps while it is being read.

use std::collections::{BTreeSet, BinaryHeap};
use std::{cmp::Reverse, mem};

use super::connectives::Link;
use super::text::words;

/// Past this many steps the rest of the text is added to the last one: it bounds the edges.
pub(super) const MOST: usize = 256;

/// A step as it was read.
#[derive(Debug, Default)]
pub(super) struct RawStep {
    /// What the title is made of.
    pub title: String,
    /// The full words.
    pub body: String,
    pub details: Vec<String>,
    /// The heading it stands under.
    pub section: Option<String>,
    /// Indices of the steps it waits for.
    pub deps: BTreeSet<usize>,
    /// How many steps were merged into it.
    pub merged: usize,
}

/// Steps and the group that the next step follows.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub steps: Vec<RawStep>,
    /// The steps that stand beside each other at the end of what was read.
    current: Vec<usize>,
    /// What `current` waits for.
    base: BTreeSet<usize>,
    /// Beginnings of the telling words of each title, as far as they were asked for.
    stems: Vec<BTreeSet<String>>,
}

impl Graph {
    pub(super) fn add(&mut self, step: RawStep, link: Link) -> usize {
        if self.is_full() {
            return self.push(step, &BTreeSet::new());
        }
        match link {
            Link::Chain => self.chain(step),
            Link::Parallel => self.beside(step),
            Link::Join => self.join(step),
            Link::BeforeLast => match self.current.last() {
                Some(&last) => self.before(last, step),
                None => self.chain(step),
            },
        }
    }

    fn chain(&mut self, step: RawStep) -> usize {
        let deps: BTreeSet<usize> = self.current.iter().copied().collect();
        self.open_group(step, deps)
    }

    fn join(&mut self, step: RawStep) -> usize {
        let deps = self.sinks();
        self.open_group(step, deps)
    }

    fn open_group(&mut self, step: RawStep, deps: BTreeSet<usize>) -> usize {
        let at = self.push(step, &deps);
        self.current = vec![at];
        self.base = deps;
        at
    }

    fn beside(&mut self, step: RawStep) -> usize {
        let deps = mem::take(&mut self.base);
        let at = self.push(step, &deps);
        self.base = deps;
        self.current.push(at);
        at
    }

    /// After one step only; what stood beside that step stays beside.
    pub(super) fn follow(&mut self, steps: &[usize], step: RawStep) -> usize {
        let full = self.is_full();
        let at = self.push(step, &steps.iter().copied().collect());
        if !full {
            self.current.retain(|open| !steps.contains(open));
            self.current.push(at);
        }
        at
    }

    /// Between a step and what it waited for.
    pub(super) fn before(&mut self, later: usize, step: RawStep) -> usize {
        if self.is_full() {
            return self.push(step, &BTreeSet::new());
        }
        let deps = self.steps[later].deps.clone();
        let at = self.push(step, &deps);
        self.steps[later].deps.insert(at);
        at
    }

    fn push(&mut self, step: RawStep, deps: &BTreeSet<usize>) -> usize {
        if self.is_full()
            && let Some(last) = self.steps.last_mut()
        {
            last.details.push(step.body);
            last.details.extend(step.details);
            last.merged += 1;
            return self.steps.len() - 1;
        }
        self.steps.push(RawStep {
            deps: deps.clone(),
            ..step
        });
        self.steps.len() - 1
    }

    /// Lets `step` wait for `earlier`, unless that would close a circle.
    pub(super) fn wait_for(&mut self, step: usize, earlier: usize) {
        let mut seen = BTreeSet::new();
        let mut open = vec![earlier];
        while let Some(at) = open.pop() {
            if at == step {
                return;
            }
            if seen.insert(at) {
                open.extend(&self.steps[at].deps);
            }
        }
        self.steps[step].deps.insert(earlier);
    }

    /// Steps nothing waits for.
    pub(super) fn sinks(&self) -> BTreeSet<usize> {
        let needed: BTreeSet<usize> = self
            .steps
            .iter()
            .flat_map(|step| step.deps.iter().copied())
            .collect();
        (0..self.steps.len()).filter(|at| !needed.contains(at)).collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.steps.len() >= MOST
    }

    /// The step whose title shares at least half of the telling words. The latest of equals.
    pub(super) fn find(
        &mut self,
        text: &str,
        is_telling: &dyn Fn(&str) -> bool,
        except: Option<usize>,
    ) -> Option<usize> {
        let sought = stems(text, is_telling);
        let fresh = self.steps[self.stems.len()..]
            .iter()
            .map(|step| stems(&step.title, is_telling));
        self.stems.extend(fresh);
        let scored = self
            .stems
            .iter()
            .enumerate()
            .filter(|(at, _)| Some(*at) != except)
            .filter_map(|(at, stems)| {
                let hits = sought.intersection(stems).count();
                (hits > 0 && hits * 2 >= sought.len()).then_some((hits, at))
            });
        scored.max().map(|(_, at)| at)
    }

    /// The steps in an order in which every step comes after those it waits for, otherwise as they were read.
    pub(super) fn in_order(mut self) -> Vec<RawStep> {
        let mut waiting: Vec<usize> = self.steps.iter().map(|step| step.deps.len()).collect();
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        for (at, step) in self.steps.iter().enumerate() {
            for &dep in &step.deps {
                dependents[dep].push(at);
            }
        }
        let mut ready: BinaryHeap<Reverse<usize>> = (0..self.steps.len())
            .filter(|&at| waiting[at] == 0)
            .map(Reverse)
            .collect();
        let mut place = vec![0; self.steps.len()];
        let mut ordered = Vec::with_capacity(self.steps.len());
        while let Some(Reverse(at)) = ready.pop() {
            place[at] = ordered.len();
            let mut step = mem::take(&mut self.steps[at]);
            step.deps = step.deps.iter().map(|&dep| place[dep]).collect();
            ordered.push(step);
            for &dependent in &dependents[at] {
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    ready.push(Reverse(dependent));
                }
            }
        }
        ordered
    }
}

/// The first letters of the telling words: "analyze" and "analysis" are alike in them.
fn stems(text: &str, is_telling: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    let window = text.char_indices().nth(300).map_or(text, |(end, _)| &text[..end]);
    let telling = words(window).into_iter().filter(|word| is_telling(&word.lower));
    telling.map(|word| word.lower.chars().take(5).collect()).collect()
}
