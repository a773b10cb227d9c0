//! What is said of policies: their switch, single options, and the file of options.

#[cfg(feature = "toml")]
mod file;

use std::path::PathBuf;

use super::{Features, Setting};
use crate::{
    init::{
        env::{Environment, Reader, table},
        resource::Machine,
    },
    resilience::overrides::{self, Override},
};

/// What is said of policies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Policies {
    /// False: all but fallbacks are switched off.
    pub(crate) enabled: Setting<bool>,
    pub(crate) file: Setting<Option<PathBuf>>,
    pub(crate) said: Vec<Override>,
}

impl Policies {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        read: &dyn Fn(&str) -> Option<String>,
        features: Features,
    ) -> Self {
        let enabled = reader.boolean(table::RESILIENCE);
        let path = reader.read(table::CONFIG, |text| Ok(Some(PathBuf::from(text))));
        let file = Setting::pick(None, path, None);
        let variables = reader.options();
        // What the file says first: of two that are as close, the last one holds.
        let mut said = Vec::new();
        if let Some(path) = &file.value {
            let path = path.display().to_string();
            if features.toml {
                said.extend(of_file(reader, &path, read(&path).as_deref()));
            } else {
                reader.problem(format!(
                    "a file of options is asked for ({}) but not compiled in; write `features = \
                     [\"toml\"]` at `spandrel` in Cargo.toml",
                    file.source
                ));
            }
        }
        for (name, value) in variables {
            match Override::of_variable(name, value) {
                Ok(one) => said.push(one),
                Err(problem) => reader.problem(problem),
            }
        }
        Self { enabled: Setting::pick(None, enabled, true), file, said }
    }

    pub(super) fn shown(&self) -> String {
        let said = self.said.len();
        match (self.enabled.value, said) {
            (false, _) => "off".to_owned(),
            (true, 0) => "as declared".to_owned(),
            (true, said) => format!("as declared, but for {said} options"),
        }
    }

    pub(super) fn shown_file(&self) -> String {
        let path = self.file.value.as_ref();
        path.map_or_else(|| "none".to_owned(), |path| path.display().to_string())
    }

    /// Has the policies take it, now and whenever it is read again.
    pub(crate) fn begin(&self) -> Result<(), String> {
        overrides::begin(self.said.clone(), !self.enabled.value, read_again)?;
        if self.file.value.is_some() {
            overrides::watch(file_now);
        }
        Ok(())
    }
}

/// The same as it is now, of the process.
fn read_again() -> Result<Vec<Override>, String> {
    let environment = Environment::of_process();
    // Of all that there may be to say, only what is about policies.
    let mut reader = Reader::new(&environment).part();
    let policies = Policies::read(&mut reader, Machine::this().read, Features::COMPILED);
    reader.finish().map(|_| policies.said).map_err(|problems| problems.to_string())
}

/// The text of the file as it is now, if there is one.
fn file_now() -> Option<String> {
    let environment = Environment::of_process();
    let path = Reader::new(&environment).part().text(table::CONFIG)?.to_owned();
    (Machine::this().read)(&path)
}

#[cfg_attr(
    not(feature = "toml"),
    expect(unused_variables, reason = "without a parser nothing is read")
)]
fn of_file(reader: &mut Reader<'_>, path: &str, text: Option<&str>) -> Vec<Override> {
    #[cfg(feature = "toml")]
    match text {
        Some(text) => {
            let (said, problems) = file::read(path, text);
            problems.into_iter().for_each(|problem| reader.problem(problem));
            return said;
        }
        None => reader.problem(format!(
            "`{}={path}` cannot be read; write the path of a file of less than a megabyte",
            table::CONFIG.name
        )),
    }
    Vec::new()
}
