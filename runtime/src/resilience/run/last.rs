//! What a function returned last, for calls whose attempts run out at a refusal.
//!
//! It is of no use before a second attempt: so the first one, which nearly always is the only one,
//! neither makes it nor looks at it.

use std::{mem, ops::ControlFlow};

use super::{Ended, Judged, Pause, Run, Settled};
use crate::resilience::{
    policy::{Has, Parts},
    retry::Stopped,
};

/// What a function returned last, if attempts followed.
#[derive(Debug)]
#[must_use]
pub struct Last<R>(Option<Box<R>>);

impl<R> Last<R> {
    /// Nothing has been returned.
    pub const NONE: Self = Self(None);
}

impl<P: Parts, H: Has> Run<'_, P, H> {
    /// As [`settle`](Self::settle); if there is no further attempt to a refused one, what was
    /// returned before it is what the caller gets.
    #[inline(always)]
    pub fn settle_or<R>(
        &mut self,
        ended: Ended<R>,
        seen: Judged,
        last: Last<R>,
    ) -> ControlFlow<Settled<R>, (Pause, Last<R>)> {
        match self.follow(seen) {
            Ok(pause) => ControlFlow::Continue((pause, last.or(ended))),
            Err(None) => {
                // There is none after the first attempt, and nobody has to ask.
                mem::forget(last);
                ControlFlow::Break(self.end(ended))
            }
            Err(Some(why)) => ControlFlow::Break(match last.in_place_of(&ended, why) {
                Some(returned) => Ok(returned),
                None => self.end(ended),
            }),
        }
    }
}

impl<R> Last<R> {
    #[cold]
    fn or(self, ended: Ended<R>) -> Self {
        match ended {
            Ok(returned) => Self(Some(Box::new(returned))),
            Err(_) => self,
        }
    }

    #[cold]
    fn in_place_of(self, ended: &Ended<R>, why: Stopped) -> Option<R> {
        let is_exhausted = matches!(why, Stopped::Attempts | Stopped::Budget | Stopped::Deadline);
        let is_over = matches!(ended, Err(refusal) if refusal.is_end());
        if ended.is_err() && is_exhausted && !is_over { self.0.map(|last| *last) } else { None }
    }
}
