//! Where text for people and for log pipelines goes.

use std::io::{self, IsTerminal as _, Write};

#[cfg(feature = "console")]
use crate::{
    diag,
    export::worker::{Deliver, Delivery, Pace, Payload},
};

/// Takes the text; stderr unless somebody says otherwise, because stdout is the program's own.
pub(crate) enum Output {
    Stderr,
    Stdout,
    Writer(Box<dyn Write + Send>),
}

impl Output {
    pub(crate) fn is_terminal(&self) -> bool {
        match self {
            Self::Stderr => io::stderr().is_terminal(),
            Self::Stdout => io::stdout().is_terminal(),
            Self::Writer(_) => false,
        }
    }

    /// The output of a forked child; a program's own writer there is only once.
    pub(crate) fn again(&self) -> Option<Self> {
        match self {
            Self::Stderr => Some(Self::Stderr),
            Self::Stdout => Some(Self::Stdout),
            Self::Writer(_) => None,
        }
    }

    pub(crate) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        let writer: &mut dyn Write = match self {
            Self::Stderr => &mut io::stderr(),
            Self::Stdout => &mut io::stdout(),
            Self::Writer(writer) => writer,
        };
        writer.write_all(text)?;
        writer.flush()
    }
}

#[cfg(feature = "console")]
impl Deliver<Vec<u8>> for Output {
    fn deliver(&mut self, payload: &mut Payload<Vec<u8>>, _pace: &dyn Pace) -> Delivery {
        match self.write(&payload.content) {
            Ok(()) => Delivery::Accepted { rejected: 0 },
            Err(error) => {
                diag::warn(format_args!("the console lost {} spans: {error}", payload.spans));
                Delivery::Failed
            }
        }
    }
}
