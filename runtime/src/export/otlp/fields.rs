//! What OTLP calls things, in whatever encoding.

use crate::trace::{Status, id::TraceFlags};

/// The flags say whether the parent (or the linked span) is in another process.
const HAS_IS_REMOTE: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

const STATUS_OK: u8 = 1;
const STATUS_ERROR: u8 = 2;

/// The field `flags` of a span or a link.
pub(super) fn flags(flags: TraceFlags, is_remote: bool) -> u32 {
    let remote = if is_remote { IS_REMOTE } else { 0 };
    u32::from(flags.bits()) | HAS_IS_REMOTE | remote
}

/// Code and message of a status; none if nobody said.
pub(super) fn status_code(status: Status<'_>) -> Option<(u8, &str)> {
    match status {
        Status::Unset => None,
        Status::Ok => Some((STATUS_OK, "")),
        Status::Error { description } => Some((STATUS_ERROR, description)),
    }
}
