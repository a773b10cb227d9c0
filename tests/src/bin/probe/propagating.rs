//! A request comes with headers, is served, and another one goes out.

use std::collections::HashMap;

use spandrel::{
    trace::propagation::{self, Boundary},
    traced,
};

use crate::{
    exporters::Counting,
    output::{PATIENCE, say, shut_down},
};

/// `key=value` separated by `;`, behind `public;` if the caller is not trusted.
pub(crate) fn run(how: &str) {
    let counting = Counting::default();
    let builder = spandrel::builder!().exporter(counting.clone());
    let telemetry = builder.init().expect("the configuration is right");
    let (boundary, headers) = match how.strip_prefix("public;") {
        Some(headers) => (Boundary::PublicEndpoint, headers),
        None => (Boundary::Trusted, how),
    };
    let pairs = headers.split(';').filter_map(|header| header.split_once('='));
    let incoming: HashMap<_, _> =
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    {
        let (context, _) = propagation::extract_across(boundary, &incoming);
        let _attached = context.attach();
        say_sent("through", &outgoing());
        say_sent("served", &serves());
        say_sent("served-again", &serves());
    }
    shut_down(telemetry, PATIENCE);
    say("exported", counting.spans());
}

#[traced]
fn serves() -> HashMap<String, String> {
    outgoing()
}

fn outgoing() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    propagation::inject(&mut headers);
    headers
}

fn say_sent(what: &str, headers: &HashMap<String, String>) {
    let mut sent: Vec<_> = headers.iter().map(|(key, value)| format!("{key}={value}")).collect();
    sent.sort_unstable();
    say(what, sent.join(";"));
}
