//! What an attempt needs in order to wait: no more than its function can wait for.

use super::doors::AtDoor;
use crate::resilience::{bulkhead::Place, scope::NEVER, timer::Timer};

/// What an attempt needs in order to wait.
pub trait Waits<'p>: Sized {
    /// It has not waited yet.
    const NOTHING: Self;

    /// Where it waits before its body, if it can.
    fn queue(&mut self) -> Option<&mut Queue<'p>>;

    /// What cuts its body off, if something can.
    fn time(&mut self) -> Option<&mut Time>;
}

/// It waits for nothing but its body.
#[derive(Debug)]
pub struct Never;

/// It waits for its body, and only for so long.
pub struct Time {
    pub(super) timer: Option<Timer>,
    /// When the body has to be ready, once that is known.
    pub(super) until: u64,
}

/// It may have to wait before its body.
pub struct Queue<'p> {
    pub(super) place: Option<Place<'p>>,
    pub(super) waits: Option<Box<AtDoor<'p>>>,
    pub(super) time: Time,
}

impl<'p> Waits<'p> for Never {
    const NOTHING: Self = Self;

    #[inline(always)]
    fn queue(&mut self) -> Option<&mut Queue<'p>> {
        None
    }

    #[inline(always)]
    fn time(&mut self) -> Option<&mut Time> {
        None
    }
}

impl<'p> Waits<'p> for Time {
    const NOTHING: Self = Self { timer: None, until: NEVER };

    #[inline(always)]
    fn queue(&mut self) -> Option<&mut Queue<'p>> {
        None
    }

    #[inline(always)]
    fn time(&mut self) -> Option<&mut Time> {
        Some(self)
    }
}

impl<'p> Waits<'p> for Queue<'p> {
    const NOTHING: Self = Self { place: None, waits: None, time: Time::NOTHING };

    #[inline(always)]
    fn queue(&mut self) -> Option<&mut Self> {
        Some(self)
    }

    #[inline(always)]
    fn time(&mut self) -> Option<&mut Time> {
        Some(&mut self.time)
    }
}
