//! A bulkhead in words.

use std::sync::atomic::Ordering::Relaxed;

use super::{Adaptive, Bulkhead, adaptive::Tuning, settings::Law};
use crate::{
    resilience::{
        explain::{Pattern, Words, shown},
        instances::Home,
        overrides::{self, Scopes},
    },
    site::Described,
};

impl Described for Bulkhead {
    fn described(&self) -> String {
        let (core, template) = (self.home.peek(), &self.template);
        let declared = (u64::from(template.places), u64::from(template.queue));
        let (places, queue) = core.map_or(declared, |core| core.queue.limits());
        let wait = core.map_or(template.wait, |core| core.patience.load(Relaxed));
        let mut words = Words::default();
        words.add("max_concurrent", places);
        words.add("queue", queue);
        if queue > 0 {
            words.add("wait", if wait == u64::MAX { "forever".into() } else { shown(wait) });
        }
        let tuned =
            core.map_or(template.adaptive, |core| core.tuning.as_ref().map(Tuning::settings));
        if let Some(Adaptive { law, min, max }) = tuned {
            let law = match law {
                Law::Aimd => "aimd",
                Law::Gradient => "gradient",
            };
            words.group("adaptive", format_args!("{law}, min = {min}, max = {max}"));
        }
        words.stands(core, template.mode)
    }
}

impl Pattern for Bulkhead {
    fn in_force(&self, scopes: &Scopes) -> Self {
        Self {
            home: Home::new(self.home.name()),
            template: overrides::over(&self.template, scopes),
        }
    }
}
