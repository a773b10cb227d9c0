//! The table of cases, played against the libraries that people use today.
//!
//! What a library's interface cannot say is counted apart, with the reason; what it does not
//! publish, as the number of calls in a window, is not asked of it. Where it fails, `peers.toml` says
//! why, and [`claims`] shows what we call a defect. The table in `benches/RESULTS.md` is what falls
//! out; `SPANDREL_SNAPSHOTS=overwrite` writes it anew.

mod backon;
mod claims;
mod clock;
mod failsafe;
mod governor;
mod guard;
mod play;
mod recloser;
mod scoreboard;
mod tokio_retry;
mod tower_resilience;

use self::play::Build;

const PEERS: [(&str, Build); 6] = [
    ("failsafe", failsafe::build),
    ("recloser", recloser::build),
    ("tower-resilience", tower_resilience::build),
    ("backon", backon::build),
    ("tokio-retry", tokio_retry::build),
    ("governor", governor::build),
];
