//! What can be set of a rate limit from outside of the code.

use super::{Rate, Template};
use crate::resilience::{
    Mode,
    instances::Moded,
    overrides::{Parsed, Part, Settable, literal},
};

impl Template {
    /// One to try values on.
    pub(crate) const ANY: Self =
        Self { rate: Rate::per_second(1), burst: 1, wait: 0, mode: Mode::Auto };
}

impl Moded for Template {
    fn mode(&mut self) -> &mut Mode {
        &mut self.mode
    }
}

impl Settable for Template {
    const PART: Part = Part::RateLimit;
    const OPTIONS: &'static [&'static str] = &["rate", "burst", "wait", "observe", "mode"];

    fn set(&mut self, option: &str, text: &str) -> Parsed<()> {
        match option {
            "rate" => {
                let rate = literal::rate(text)?;
                // All of the rate at once is what holds where nobody says otherwise.
                if self.burst == self.rate.calls() {
                    self.burst = rate.calls();
                }
                self.rate = rate;
            }
            "burst" => self.burst = literal::count(text)?,
            "wait" => self.wait = literal::wait(text)?,
            "observe" => literal::observe(&mut self.mode, text)?,
            _ => self.mode = literal::mode(text)?,
        }
        Ok(())
    }
}
