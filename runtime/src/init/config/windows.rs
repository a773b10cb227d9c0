//! The rolling windows of metrics.

use std::time::Duration;

use super::{Code, Setting};
use crate::{
    init::env::{Reader, Rejected, parse, table},
    metrics::windows::DEFAULT,
};

/// Each window holds a dozen readings of everything.
const MOST: usize = 6;
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// How far back the windows reach, the shortest first.
pub(super) fn windows(reader: &mut Reader<'_>, code: &Code) -> Setting<Vec<Duration>> {
    let variable = reader.read(table::WINDOWS, |text| {
        let windows = parse::list(text).map(parse::time).collect::<Option<Vec<_>>>();
        check(windows.ok_or_else(Rejected::not_understood)?).map_err(Rejected::because)
    });
    let code = code.windows.as_ref().and_then(|windows| match check(windows.clone()) {
        Ok(windows) => Some(windows),
        Err(wrong) => {
            reader.problem(format!("the list of windows {wrong}"));
            None
        }
    });
    Setting::pick(code, variable, DEFAULT.into())
}

fn check(mut windows: Vec<Duration>) -> Result<Vec<Duration>, String> {
    windows.sort_unstable();
    windows.dedup();
    if windows.len() > MOST {
        return Err(format!("has more than {MOST}"));
    }
    match windows.iter().find(|window| !(SHORTEST..=LONGEST).contains(*window)) {
        Some(window) => Err(format!("has one of {window:?}, which is not between 10 s and a day")),
        None => Ok(windows),
    }
}
