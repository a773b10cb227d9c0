//! Reads variables, and says once what it cannot make sense of.

use super::{
    Environment, Kind, OWN_PREFIX, Origin, Variable, kind::alternatives, nearest::nearest, parse,
    table::TABLE,
};
use crate::{
    diag::Level,
    init::{
        config::{Setting, Source},
        notice::{Notice, Problems},
    },
};

/// The longest piece of a value that a message repeats.
const SHOWN_CHARS: usize = 80;

/// Why a value was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// An error of the type that the value was meant for; it says what to write.
    Told(String),
    /// A predicate of the value ("is too small"), and what to write instead: by default what the
    /// variable's kind advises.
    Wrong { what: String, instead: Option<String> },
}

impl Rejected {
    pub(crate) fn not_understood() -> Self {
        Self::because("is not understood")
    }

    pub(crate) fn because(wrong: impl Into<String>) -> Self {
        Self::Wrong { what: wrong.into(), instead: None }
    }

    pub(crate) fn told(error: &dyn std::error::Error) -> Self {
        Self::Told(error.to_string())
    }

    pub(crate) fn instead(self, instead: impl Into<String>) -> Self {
        match self {
            Self::Wrong { what, .. } => Self::Wrong { what, instead: Some(instead.into()) },
            Self::Told(_) => self,
        }
    }
}

/// Reads one environment and collects what there is to say about it.
#[derive(Debug)]
pub(crate) struct Reader<'e> {
    environment: &'e Environment,
    notices: Vec<Notice>,
    problems: Problems,
}

impl<'e> Reader<'e> {
    pub(crate) fn new(environment: &'e Environment) -> Self {
        let mut reader = Self { environment, notices: Vec::new(), problems: Problems::default() };
        for name in environment.unknown_names() {
            let hint = match nearest(without_prefix(name), own_names().map(without_prefix)) {
                Some(meant) => format!("write `{OWN_PREFIX}{meant}`"),
                None => {
                    format!("there are {}", alternatives(&own_names().collect::<Vec<_>>(), "and"))
                }
            };
            reader.problem(format!("`{}` is no variable of Spandrel; {hint}", shown(name)));
        }
        reader
    }

    /// One that says nothing, for what may turn out not to matter; see [`Reader::absorb`].
    pub(crate) fn part(&self) -> Self {
        Self { environment: self.environment, notices: Vec::new(), problems: Problems::default() }
    }

    /// Says what a part had to say.
    pub(crate) fn absorb(&mut self, part: Self) {
        self.problems.absorb(part.problems);
        part.notices.into_iter().for_each(|notice| self.add(notice));
    }

    /// The value as `parse` understands it; what it does not is reported and counts as unset.
    pub(crate) fn read<T>(
        &mut self,
        variable: &'static Variable,
        parse: impl FnOnce(&'e str) -> Result<T, Rejected>,
    ) -> Option<Setting<T>> {
        let value = self.text(variable)?;
        match parse(value) {
            Ok(value) => Some(Setting { value, source: Source::Variable(variable.name) }),
            Err(rejected) => {
                self.reject(variable, value, &rejected);
                None
            }
        }
    }

    /// The first of several variables that has a value, and one that is understood.
    pub(crate) fn first<T>(
        &mut self,
        variables: &[&'static Variable],
        mut parse: impl FnMut(&'e str) -> Result<T, Rejected>,
    ) -> Option<Setting<T>> {
        variables.iter().find_map(|variable| self.read(variable, &mut parse))
    }

    /// A boolean; `None` if it is not set.
    ///
    /// The specification has every value but `true` count as false; a name that is not its own
    /// and is not understood counts as unset.
    pub(crate) fn boolean(&mut self, variable: &'static Variable) -> Option<Setting<bool>> {
        if variable.kind != Kind::Boolean {
            return self
                .read(variable, |text| parse::switch(text).ok_or_else(Rejected::not_understood));
        }
        let value = self.text(variable)?;
        let parsed = parse::boolean(value);
        if parsed.is_none() {
            let text = self.about(variable, value);
            self.warn(format!(
                "{text} is neither `true` nor `false` and counts as `false`; write `true` or `false`"
            ));
        }
        let source = Source::Variable(variable.name);
        Some(Setting { value: parsed.unwrap_or(false), source })
    }

    /// The text of a variable that is set, without the white space around it.
    pub(crate) fn text(&mut self, variable: &'static Variable) -> Option<&'e str> {
        let value = self.environment.value(variable)?;
        match value.to_str() {
            Some(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            None => {
                let rejected = Rejected::because("is not UTF-8");
                self.reject(variable, &value.to_string_lossy(), &rejected);
                None
            }
        }
    }

    /// The options of single policies.
    pub(crate) fn options(&mut self) -> Vec<(&'e str, &'e str)> {
        let mut options = Vec::new();
        for (name, value) in self.environment.options() {
            match value.to_str() {
                Some(text) => options.push((name, text)),
                None => self.problem(format!("`{name}` is not UTF-8; write plain text")),
            }
        }
        options
    }

    /// Reports members of a list that are not taken, all in one message.
    pub(crate) fn complain(
        &mut self,
        variable: &'static Variable,
        wrong: &[String],
        instead: Option<&str>,
    ) {
        if let Some(value) = self.text(variable).filter(|_| !wrong.is_empty()) {
            let instead = instead.map(str::to_owned);
            let what = format!("has {}", wrong.join(" and "));
            self.reject(variable, value, &Rejected::Wrong { what, instead });
        }
    }

    /// Reports that a value is taken only in part.
    pub(crate) fn object(&mut self, variable: &'static Variable, error: &dyn std::error::Error) {
        if let Some(value) = self.text(variable) {
            self.reject(variable, value, &Rejected::told(error));
        }
    }

    fn reject(&mut self, variable: &Variable, value: &str, rejected: &Rejected) {
        let about = self.about(variable, value);
        let is_own = variable.origin == Origin::Own;
        let text = match rejected {
            // An error that names no way out gets the advice of the variable.
            Rejected::Told(error) if !error.contains("; ") => {
                format!("{about}: {error}; write {}", variable.kind.advice())
            }
            Rejected::Told(error) => format!("{about}: {error}"),
            Rejected::Wrong { what, instead } => {
                let ignored = if is_own { "" } else { " and is ignored" };
                let instead = instead.clone().unwrap_or_else(|| variable.kind.advice());
                format!("{about} {what}{ignored}; write {instead}")
            }
        };
        if is_own { self.problem(text) } else { self.warn(text) }
    }

    /// Name and value, without what may be secret.
    fn about(&self, variable: &Variable, value: &str) -> String {
        let is_secret = matches!(variable.kind, Kind::Headers | Kind::Secret)
            || variable.kind == Kind::Url && value.contains(['@', '?']);
        if is_secret {
            format!("`{}`", variable.name)
        } else {
            format!("`{}={}`", variable.name, shown(value))
        }
    }

    /// Warns, once: several signals read what concerns them all.
    pub(crate) fn warn(&mut self, text: String) {
        self.add(Notice { level: Level::Warn, text });
    }

    fn add(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    pub(crate) fn inform(&mut self, text: String) {
        self.notices.push(Notice { level: Level::Info, text });
    }

    pub(crate) fn mention(&mut self, text: String) {
        self.notices.push(Notice { level: Level::Debug, text });
    }

    pub(crate) fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    /// The notices, or the problems if there is any.
    pub(crate) fn finish(self) -> Result<Vec<Notice>, Problems> {
        if self.problems.is_empty() { Ok(self.notices) } else { Err(self.problems) }
    }
}

fn own_names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|variable| variable.name).filter(|name| name.starts_with(OWN_PREFIX))
}

/// What makes two of our names differ: the prefix would hide how much.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix(OWN_PREFIX).unwrap_or(name)
}

/// A value in a message: no terminal is confused by it, no log flooded.
fn shown(value: &str) -> String {
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = value.chars().take(SHOWN_CHARS).map(printable).collect();
    if value.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{super::table, *};

    fn one_warning(name: &str, value: &str, read: impl FnOnce(&mut Reader<'_>)) -> String {
        let environment = Environment::from_iter([(name, value)]);
        let mut reader = Reader::new(&environment);
        read(&mut reader);
        let mut notices = reader.finish().unwrap();
        assert_eq!(notices.len(), 1, "{notices:?}");
        notices.remove(0).text
    }

    #[test]
    fn a_message_repeats_no_header() {
        let text = one_warning("OTEL_EXPORTER_OTLP_HEADERS", "hunter2", |reader| {
            reader.read(table::OTLP_HEADERS, |_| Err::<(), _>(Rejected::not_understood()));
        });

        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_message_repeats_no_password_of_a_url() {
        let text = one_warning("OTLP_ENDPOINT", "ftp://me:hunter2@host", |reader| {
            reader.read(table::OTLP_ENDPOINT_ALIAS, |_| Err::<(), _>(Rejected::not_understood()));
        });

        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_message_keeps_control_characters_and_floods_out() {
        let value = format!("\x1b[31m{}", "x".repeat(1_000));

        let text = one_warning("OTEL_SDK_DISABLED", &value, |reader| {
            reader.boolean(table::SDK_DISABLED);
        });

        assert!(text.len() < 250 && !text.contains('\x1b'), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_reported() {
        use std::os::unix::ffi::OsStringExt as _;
        let value = std::ffi::OsString::from_vec(vec![0xff]);
        let environment = Environment::from_iter([("SPANDREL_LEVEL", value)]);

        let mut reader = Reader::new(&environment);
        assert_eq!(reader.text(table::LEVEL), None);

        let problems = reader.finish().unwrap_err().to_string();
        assert!(problems.contains("is not UTF-8; write"), "{problems}");
    }

    #[test]
    fn an_unknown_name_of_ours_names_the_nearest_or_all() {
        let environment =
            Environment::from_iter([("SPANDREL_LEVL", "info"), ("SPANDREL_WARP_DRIVE", "on")]);

        let problems = Reader::new(&environment).finish().unwrap_err();

        let texts: Vec<_> = problems.iter().collect();
        assert_eq!(texts[0], "`SPANDREL_LEVL` is no variable of Spandrel; write `SPANDREL_LEVEL`");
        assert!(
            texts[1].contains("there are `SPANDREL_TRACES_SAMPLER_OVERRIDES`, "),
            "{}",
            texts[1]
        );
    }
}
