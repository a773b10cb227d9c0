//! How the memory that a user grants is divided.

/// The hard bound on the recorder's memory.
///
/// Half is for what threads record, a quarter for spans that run, a quarter for the queues of the
/// exporters, of which log lines take a small part. What [tail bias](crate::trace::TailBias) holds
/// takes half of the first half.
///
/// ```
/// use spandrel::trace::Memory;
///
/// assert_eq!(Memory::default().bytes(), 16 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    bytes: usize,
}

impl Memory {
    /// The least that works: 256 KiB.
    pub const MIN: Self = Self { bytes: 256 * 1024 };

    /// A bound in bytes; less than [`Memory::MIN`] is an error that says so.
    ///
    /// # Errors
    ///
    /// Returns the least number of bytes when fewer are asked for.
    pub const fn new(bytes: usize) -> Result<Self, usize> {
        if bytes < Self::MIN.bytes { Err(Self::MIN.bytes) } else { Ok(Self { bytes }) }
    }

    /// The bound.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.bytes
    }

    /// Half for the chunks of the recording threads, which share it with what tail bias holds.
    pub(crate) const fn pool_words(self, tail_bias: bool) -> usize {
        (if tail_bias { self.bytes / 2 - self.tail_bytes() } else { self.bytes / 2 }) / 8
    }

    /// A quarter for what tail bias holds, where it is on.
    pub(crate) const fn tail_bytes(self) -> usize {
        self.bytes / 4
    }

    /// A quarter for spans that run, or wait for their last record.
    pub(crate) const fn table_bytes(self) -> usize {
        self.bytes / 4
    }

    /// A quarter for what waits for the exporters, together.
    pub(crate) const fn queue_bytes(self) -> usize {
        self.bytes / 4
    }
}

impl Default for Memory {
    /// 16 MiB.
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024 }
    }
}
