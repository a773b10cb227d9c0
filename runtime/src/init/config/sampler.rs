//! Which traces are recorded.

use super::{Code, Setting, Source};
use crate::{
    init::env::{Reader, Rejected, table},
    trace::sampler::{Overrides, Sampler},
};

/// An argument is used only together with a sampler that takes it, as the specification has it.
pub(super) fn sampler(reader: &mut Reader<'_>, code: &Code) -> Setting<Sampler> {
    let source = Source::Variable(table::TRACES_SAMPLER.name);
    let named = reader.text(table::TRACES_SAMPLER);
    let plain = reader.read(table::TRACES_SAMPLER, |name| {
        Sampler::parse(name, None).map_err(|error| Rejected::told(&error))
    });
    let takes_argument =
        plain.is_some() && named.is_some_and(|name| Sampler::parse(name, Some("1")).is_ok());
    let argument = table::TRACES_SAMPLER_ARG;
    let with_argument = if takes_argument {
        let name = named.unwrap_or_default();
        reader.read(argument, |text| {
            Sampler::parse(name, Some(text)).map_err(|error| Rejected::told(&error))
        })
    } else {
        if reader.text(argument).is_some() {
            reader.mention(format!(
                "`{}` has no effect without a sampler that takes it",
                argument.name
            ));
        }
        None
    };
    let variable = with_argument.map(|Setting { value, .. }| Setting { value, source }).or(plain);
    Setting::pick(code.sampler, variable, Sampler::default())
}

pub(super) fn overrides(reader: &mut Reader<'_>, code: &Code) -> Setting<Overrides> {
    let variable = reader.read(table::SAMPLER_OVERRIDES, |text| {
        Overrides::parse(text).map_err(|error| Rejected::told(&error))
    });
    Setting::pick(code.sampler_overrides.clone(), variable, Overrides::default())
}
