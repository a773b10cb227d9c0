//! The table of cases, played against the libraries that people use today.

mod backon;
mod clock;
mod failsafe;
mod governor;
mod guard;
mod play;
mod recloser;
mod tokio_retry;
mod tower_resilience;

use self::play::{Build, Played};
use crate::conformance;

const PEERS: [(&str, Build); 6] = [
    ("failsafe", failsafe::build),
    ("recloser", recloser::build),
    ("tower-resilience", tower_resilience::build),
    ("backon", backon::build),
    ("tokio-retry", tokio_retry::build),
    ("governor", governor::build),
];

#[test]
fn tmp() {
    for (name, build) in PEERS {
        for (topic, cases) in conformance::table() {
            for case in cases {
                match play::play(&case, build) {
                    Played::Passed => println!("PASS {name}\t{topic}\t{}", case.name),
                    Played::Failed(why) => println!("FAIL {name}\t{topic}\t{}\t{why}", case.name),
                    Played::Cannot(why) => println!("CANNOT {name}\t{topic}\t{}\t{why}", case.name),
                }
            }
        }
    }
}
