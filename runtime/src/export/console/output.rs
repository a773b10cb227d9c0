//! Where the console's text goes.

use std::io::{self, Write as _};

use crate::{
    diag,
    export::worker::{Deliver, Delivery, Pace, Payload},
};

/// Writes to stderr: stdout is the program's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stderr;

impl Deliver<Vec<u8>> for Stderr {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, _pace: &dyn Pace) -> Delivery {
        match io::stderr().write_all(&payload.content) {
            Ok(()) => Delivery::Accepted { rejected: 0 },
            Err(error) => {
                diag::warn(format_args!("the console lost {} spans: {error}", payload.spans));
                Delivery::Failed
            }
        }
    }
}
