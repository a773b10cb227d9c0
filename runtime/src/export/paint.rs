//! Colours and units.

use std::borrow::Cow;
#[cfg(feature = "console")]
use std::time::Duration;

/// Colours a text, or leaves it plain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub(super) colors: bool,
}

impl Paint {
    pub(super) fn bold(self, text: &str) -> Cow<'_, str> {
        self.with("1", text)
    }

    pub(super) fn dim(self, text: &str) -> Cow<'_, str> {
        self.with("2", text)
    }

    pub(super) fn red(self, text: &str) -> Cow<'_, str> {
        self.with("31", text)
    }

    pub(super) fn yellow(self, text: &str) -> Cow<'_, str> {
        self.with("33", text)
    }

    fn with<'t>(self, code: &str, text: &'t str) -> Cow<'t, str> {
        if self.colors && !text.is_empty() {
            Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// A duration with three digits and a unit: `1.25 ms`, `12.5 µs`, `340 ns`, `2.04 s`.
#[cfg(feature = "console")]
pub(super) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (unit, divisor) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => ("µs", 1e3),
        1_000_000..1_000_000_000 => ("ms", 1e6),
        _ => ("s", 1e9),
    };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = nanos as f64 / divisor;
    let decimals = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.decimals$} {unit}")
}

/// A text on one line, without what would move the cursor or turn the writing round.
///
/// Quoted where it could be taken for more than one text.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    quoted(text, one_line(text))
}

/// Like [`text()`], and not longer than a person reads.
#[cfg(feature = "console")]
pub(super) fn value(text: &str) -> Cow<'_, str> {
    quoted(text, printable(text))
}

fn quoted<'t>(text: &str, shown: Cow<'t, str>) -> Cow<'t, str> {
    if text.is_empty() || text.contains([' ', '"', '=']) {
        // What was escaped stays as it is.
        return Cow::Owned(format!("\"{}\"", shown.replace('"', "\\\"")));
    }
    shown
}

/// Like [`value`], never quoted.
#[cfg(feature = "console")]
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        None => one_line(text),
        Some((end, _)) => Cow::Owned(one_line(&text[..end]).into_owned() + "…"),
    }
}

/// Like [`printable`], of any length.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    // Most texts are nothing but printable ASCII.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.chars().any(moves_cursor) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for char in text.chars() {
        if moves_cursor(char) {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    Cow::Owned(line)
}

/// Control characters, line separators, and marks that change the direction of writing.
fn moves_cursor(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(all(test, feature = "console"))]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let shown = [0, 340, 1_250, 12_500, 999_999, 125_000_000, 2_040_000_000]
            .map(|nanos| duration(Duration::from_nanos(nanos)));
        assert_eq!(shown, ["0 ns", "340 ns", "1.25 µs", "12.5 µs", "1000 µs", "125 ms", "2.04 s"]);
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(printable(&"x".repeat(200)).chars().count(), 161);
        assert_eq!(printable(&"x".repeat(160)).chars().count(), 160);
    }

    #[test]
    fn values_are_quoted_where_they_could_be_misread_and_escaped_once() {
        let shown = ["plain", "", "a b", "a=b", "say \"hi\"", "two\nlines", "two \nlines"];
        let expected = [
            "plain",
            "\"\"",
            "\"a b\"",
            "\"a=b\"",
            r#""say \"hi\"""#,
            r"two\nlines",
            r#""two \nlines""#,
        ];
        assert_eq!(shown.map(value), expected);
    }
}
