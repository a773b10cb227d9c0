//! The console exporter: whether, in which form, in colour or not.

use super::{Code, Setting, general::word};
use crate::init::env::{Reader, table};

/// How the console shows spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Form {
    /// One line of JSON for each span.
    Json,
    /// A tree for each trace.
    #[default]
    Tree,
}

/// Whether the console uses colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Color {
    Always,
    /// On a terminal.
    #[default]
    Auto,
    Never,
}

/// The console exporter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Console {
    pub(crate) form: Setting<Form>,
    pub(crate) color: Setting<Color>,
    wish: Option<Setting<bool>>,
}

const FORMS: [(&str, Option<Form>); 3] =
    [("tree", Some(Form::Tree)), ("json", Some(Form::Json)), ("off", None)];

impl Console {
    pub(super) fn read(reader: &mut Reader<'_>, code: &Code) -> Self {
        let variable = reader.read(table::CONSOLE, |text| word(&FORMS, text));
        let wish = variable.clone().map(|form| form.map(|form| form.is_some()));
        let form = variable
            .and_then(|Setting { value, source }| value.map(|value| Setting { value, source }));
        Self {
            form: Setting::pick(code.console_form, form, Form::default()),
            color: Setting::pick(code.console_color, color(reader), Color::default()),
            wish,
        }
    }

    /// Whether `SPANDREL_CONSOLE` turns it on or off.
    pub(super) fn wish(&self) -> Option<&Setting<bool>> {
        self.wish.as_ref()
    }
}

/// The conventions of no-color.org and bixense.com/clicolors, and `FORCE_COLOR`.
fn color(reader: &mut Reader<'_>) -> Option<Setting<Color>> {
    let never = reader.first(&[table::NO_COLOR], |_| Ok(Color::Never));
    never
        .or_else(|| {
            reader.read(table::FORCE_COLOR, |text| Ok(forced(text).unwrap_or(Color::Never)))
        })
        .or_else(|| reader.read(table::CLICOLOR_FORCE, |text| Ok(forced(text))).and_then(some))
        .or_else(|| {
            let is_off = |text: &str| Ok((text == "0").then_some(Color::Never));
            reader.read(table::CLICOLOR, is_off).and_then(some)
        })
}

fn forced(text: &str) -> Option<Color> {
    (text != "0" && !text.eq_ignore_ascii_case("false")).then_some(Color::Always)
}

fn some<T>(Setting { value, source }: Setting<Option<T>>) -> Option<Setting<T>> {
    value.map(|value| Setting { value, source })
}
