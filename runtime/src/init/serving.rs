//! From the configuration to ports that are ours, and what is shown to whom.

use std::{io, sync::Arc};

use super::config::{Address, Settings, Source};
use crate::{
    admin::{self, Bound, Endpoints, State},
    diag,
    error::Error,
};

/// What is served once telemetry runs.
pub(super) struct Served {
    state: Arc<State>,
    bound: Vec<Bound>,
}

impl Served {
    /// Shows the program so from now on, and gives the ports that are to be served.
    ///
    /// Not before: an `init!` that fails changes nothing for the one that did not.
    pub(super) fn install(self) -> Vec<Bound> {
        admin::install(self.state);
        self.bound
    }
}

/// Takes the ports, before anything else has begun; where telemetry is off there are none, and a
/// router asks for the token all the same.
///
/// # Errors
///
/// When one that was asked for in code or by a variable of ours is not to be had.
pub(super) fn bind(settings: &Settings) -> Result<Served, Error> {
    let serving = &settings.serving;
    let names = serving.has_utf8_names.value;
    let state = Arc::new(State::new(&settings.resource, names, serving.token.value.clone()));
    let mut bound = Vec::new();
    if !settings.enabled.value {
        return Ok(Served { state, bound });
    }
    let bind = |address: &Address, endpoints| {
        Bound::new(address, endpoints, &serving.hosts.value, Arc::clone(&state))
    };
    #[cfg(feature = "admin")]
    if let Some(address) = &serving.admin.value {
        let listener = bind(address, Endpoints::All);
        bound.push(listener.map_err(|error| refused("the admin server", address, &error))?);
    }
    // The admin server has that page, too.
    let is_there = serving.prometheus.value == serving.admin.value;
    if let Some(address) = serving.prometheus.value.as_ref().filter(|_| !is_there) {
        match bind(address, Endpoints::Metrics) {
            Ok(listener) => bound.push(listener),
            Err(error) if serving.prometheus.source == Source::Code => {
                return Err(refused("`/metrics`", address, &error));
            }
            Err(error) => {
                let why = refused("`/metrics`", address, &error);
                diag::warn(format_args!("{why}; nothing is served"));
            }
        }
    }
    Ok(Served { state, bound })
}

fn refused(what: &str, address: &Address, error: &io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "another program, or another part of this one, listens there; \
             stop it, or choose another port"
            .to_owned(),
        io::ErrorKind::AddrNotAvailable => "that is no address of this machine".to_owned(),
        _ => error.to_string(),
    };
    Error::configuration(format_args!("{what} cannot listen on `{address}`: {why}"))
}
