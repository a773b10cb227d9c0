mod bad_values;
mod choices;
mod good_values;
mod precedence;
mod properties;

use super::{Code, Features, Settings, Surroundings};
use crate::{
    diag::Level,
    init::{
        env::{Environment, Variable},
        notice::Problems,
        resource::Machine,
    },
};

/// A machine that knows nothing, so that a test sees only what it wrote.
fn machine() -> Machine<'static> {
    Machine {
        read: &|path| (path == "/etc/shop.toml").then(String::new),
        pid: 7,
        executable: Some("/opt/shop/bin/orders".into()),
        command: Some("orders".into()),
        entropy: |bytes| bytes.fill(0xab),
    }
}

/// What a program with these variables and this code ends up with; stderr is no terminal.
fn resolve_with(code: &Code, variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    Settings::resolve(
        code,
        &Surroundings {
            environment: &variables.iter().copied().collect(),
            machine: &machine(),
            stderr_is_terminal: false,
            features: Features {
                console: true,
                file: true,
                otlp: true,
                grpc: true,
                zipkin: true,
                logs: true,
                admin: true,
                prometheus: true,
                remote_write: true,
                sentry: true,
                toml: true,
            },
        },
    )
}

fn resolve(variables: &[(&str, &str)]) -> Settings {
    resolve_with(&Code::default(), variables).unwrap()
}

fn problems(variables: &[(&str, &str)]) -> Problems {
    resolve_with(&Code::default(), variables).unwrap_err()
}

fn explanation(settings: &Settings) -> String {
    settings.explain().collect::<Vec<_>>().join("\n")
}

fn has_line(settings: &Settings, line: &str) -> bool {
    settings.explain().any(|known| known == line)
}

fn said(settings: &Settings, level: Level) -> Vec<&str> {
    let notices = settings.notices.iter().filter(|notice| notice.level == level);
    notices.map(|notice| notice.text.as_str()).collect()
}
