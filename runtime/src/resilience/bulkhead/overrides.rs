//! What can be set of a bulkhead from outside of the code.

use super::Template;
use crate::resilience::{
    Mode,
    instances::Moded,
    overrides::{Parsed, Part, Settable, literal},
};

impl Template {
    /// One to try values on.
    pub(crate) const ANY: Self =
        Self { places: 1, queue: 0, wait: 0, mode: Mode::Auto, adaptive: None };
}

impl Moded for Template {
    fn mode(&mut self) -> &mut Mode {
        &mut self.mode
    }
}

impl Settable for Template {
    const PART: Part = Part::Bulkhead;
    const OPTIONS: &'static [&'static str] =
        &["max_concurrent", "queue", "wait", "observe", "mode"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "max_concurrent" => self.places = literal::count(text)?,
            "queue" => self.queue = literal::amount_of(text)?,
            "wait" => self.wait = literal::wait(text)?,
            "observe" => literal::observe(&mut self.mode, text)?,
            _ => self.mode = literal::mode(text)?,
        }
        Ok(())
    }
}
