//! The two runs beside each other.

use std::fmt;

use super::customers::{Answer, Seen};

/// Shown, it is the same in Markdown as on a terminal.
pub(crate) struct Table<'s> {
    pub(crate) without: &'s Seen,
    pub(crate) with: &'s Seen,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {:<34} | {:>9} | {:>9} |", "", "without", "with")?;
        writeln!(f, "|{:-<36}|{:->11}|{:->11}|", "", ":", ":")?;
        let mut row = |name: &str, of: &dyn Fn(&Seen) -> String| {
            writeln!(f, "| {name:<34} | {:>9} | {:>9} |", of(self.without), of(self.with))
        };
        row("customers", &|seen| seen.times.len().to_string())?;
        row("success rate", &|seen| format!("{:.1} %", seen.success() * 100.0))?;
        row("answered in full", &|seen| seen.count(Answer::Full).to_string())?;
        row("answered by a fallback", &|seen| seen.count(Answer::Fallback).to_string())?;
        row("failed", &|seen| seen.count(Answer::Failed).to_string())?;
        let within =
            |share: usize| move |seen: &Seen| format!("{} ms", seen.percentile(share).as_millis());
        row("half of them were served within", &within(50))?;
        row("99 of 100 were served within", &within(99))?;
        row("the last was served within", &within(100))?;
        row("calls to the provider", &|seen| seen.all_calls().to_string())?;
        row("calls to it while it hung", &|seen| seen.hung_calls().to_string())
    }
}
