//! `recloser`: a breaker over rings of calls.

use std::{cell::Cell, sync::Arc, time::Duration};

use recloser::{AsyncRecloser, Error, Recloser};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::guard::{Break, Calling, Cannot, Fail, Guard, Rule, alone, body, has};
use crate::conformance::{
    Line, Outcome,
    case::{Case, Judge, Window},
    script::Kind,
};

/// Builds what the case says, of this library.
pub(super) fn build(case: &Case, outcomes: &[Outcome]) -> Result<Box<dyn Guard>, Cannot> {
    alone(case, |policy| usize::from(policy.breaker.is_some()))?;
    let breaker = case.policy.breaker.as_ref().ok_or("no such policy")?;
    let numbers = Break::read(breaker, case.judge)?;
    if numbers.slow.is_some() {
        return Err("no slow calls");
    }
    if numbers.probes != 1 && numbers.half_open.is_none() {
        return Err("the first of several probes cannot decide");
    }
    if has(outcomes, |outcome| outcome.kind == Kind::Ignored) {
        return Err("no third verdict beside success and failure");
    }
    if numbers.judge == Judge::FailureIf && has(outcomes, |outcome| outcome.kind == Kind::Bad) {
        return Err("an `Ok` cannot be a failure");
    }
    let (length, share, is_warm) = match &numbers.rule {
        // The last calls have all failed. A ring that is not full yet opens nothing, so successes
        // fill it first.
        Rule::Row(row) => (*row, 1.0, true),
        Rule::Share { window: Window::Calls(calls), share, min_calls } if calls == min_calls => {
            (*calls, *share, false)
        }
        Rule::Share { window: Window::Calls(_), .. } => return Err("only a full ring is judged"),
        Rule::Share { .. } => return Err("no window of a time"),
    };
    let half_open = numbers.half_open.unwrap_or(0.5);
    let first = numbers.open_below(0);
    let judge = numbers.judge;
    let probes = numbers.probes;
    let built = Recloser::custom()
        .closed_len(length as usize)
        .error_rate_closed(share as f32)
        .half_open_len(probes as usize)
        .error_rate_half_open(half_open as f32)
        .open_wait(first)
        .open_wait_strategy(move |again: u32, _: Duration| numbers.open_below(again))
        .build();
    if is_warm {
        for _ in 0..length {
            let filled: Result<(), Error<()>> = built.call(|| Ok(()));
            filled.unwrap();
        }
    }
    Ok(Box::new(Closer { breaker: AsyncRecloser::from(built), judge }))
}

struct Closer {
    breaker: AsyncRecloser,
    judge: Judge,
}

impl Guard for Closer {
    fn call(&self, line: Arc<Line>) -> Calling {
        let judge = self.judge;
        let fails = move |fail: &Fail| Break::fails(judge, fail);
        let calling = self.breaker.call_with(fails, body(line));
        Box::pin(async move {
            calling.await.map_err(|error| match error {
                Error::Inner(fail) => fail,
                Error::Rejected => Fail::Refused("circuit_open", None),
            })
        })
    }

    fn state(&self) -> Option<&'static str> {
        Some(STATE.get())
    }
}

thread_local! {
    static STATE: Cell<&'static str> = const { Cell::new("closed") };
}

/// Keeps the state, which is told to subscribers alone.
pub(super) struct Watch;

impl Subscriber for Watch {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == recloser::RECLOSER_EVENT
    }

    fn event(&self, event: &Event<'_>) {
        // There is one of the state that ends, too.
        if event.fields().any(|field| field.name() == "started_ts") {
            event.record(&mut State);
        }
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

struct State;

impl Visit for State {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "state" {
            STATE.set(match value {
                "Open" => "open",
                "HalfOpen" => "half_open",
                _ => "closed",
            });
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
