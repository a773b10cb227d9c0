//! What the configuration has to say: notices for the log, problems for the caller of `init!`.

use std::fmt;

use crate::diag::{self, Level};

/// Something worth a line, once, when Spandrel starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `Warn`: not what was asked for. `Info`: good to know. `Debug`: only who asks wants it.
    pub(crate) level: Level,
    pub(crate) text: String,
}

impl Notice {
    /// Says it.
    pub(crate) fn say(&self) {
        let text = format_args!("{}", self.text);
        match self.level {
            Level::Off => {}
            Level::Warn => diag::warn(text),
            Level::Info => diag::info(text),
            Level::Debug => diag::debug(text),
        }
    }
}

/// Everything that is wrong with a configuration, in one error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems {
    texts: Vec<String>,
}

impl Problems {
    /// Adds one, unless it is known: several signals read what concerns them all.
    pub(crate) fn push(&mut self, text: String) {
        if !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }

    /// Adds those of a part.
    pub(crate) fn absorb(&mut self, part: Self) {
        part.texts.into_iter().for_each(|text| self.push(text));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.texts.as_slice() {
            [only] => f.write_str(only),
            texts => {
                write!(f, "{} problems in the configuration", texts.len())?;
                texts.iter().try_for_each(|text| write!(f, "\n- {text}"))
            }
        }
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_is_a_sentence_and_several_are_a_list() {
        let mut problems = Problems::default();
        assert!(problems.is_empty());

        problems.push("`A` is wrong; write `B`".into());
        assert_eq!(problems.to_string(), "`A` is wrong; write `B`");

        problems.push("`C` is missing; write it".into());
        let list = "2 problems in the configuration\n- `A` is wrong; write `B`\n- `C` is missing; write it";
        assert_eq!(problems.to_string(), list);
    }
}
