//! Memory in blocks of one size, which are recycled: the spans of many traces, each a stream.

/// Small enough for a trace of few spans, large enough for one of many.
const BLOCK: usize = 512;
/// What a block costs beyond its bytes.
const OVERHEAD: usize = 32;
const NONE: u32 = u32::MAX;

/// Blocks, of which each belongs to a stream or is free.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    /// The first free block.
    free: u32,
    spare: usize,
    /// Free blocks whose memory was given back.
    empty: Vec<u32>,
}

#[derive(Debug)]
struct Block {
    bytes: Box<[u8]>,
    /// The next block of the same stream, or the next free one.
    next: u32,
}

/// A run of bytes over several blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    first: u32,
    last: u32,
    blocks: u32,
    /// Bytes used of the last block.
    used: u32,
}

impl Default for Stream {
    fn default() -> Self {
        Self { first: NONE, last: NONE, blocks: 0, used: BLOCK as u32 }
    }
}

impl Stream {
    /// Blocks that it lacks to take so many bytes more.
    pub(super) fn lacks(&self, bytes: usize) -> usize {
        bytes.saturating_sub(BLOCK - self.used as usize).div_ceil(BLOCK)
    }
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self { free: NONE, ..Self::default() }
    }

    /// Bytes that blocks in use hold.
    pub(super) fn bytes_in_use(&self) -> usize {
        self.bytes() - Self::bytes_of(self.spare)
    }

    /// Bytes of all blocks.
    pub(super) fn bytes(&self) -> usize {
        Self::bytes_of(self.blocks.len() - self.empty.len())
    }

    pub(super) const fn bytes_of(blocks: usize) -> usize {
        blocks * (BLOCK + OVERHEAD)
    }

    /// Appends to a stream.
    pub(super) fn write(&mut self, stream: &mut Stream, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if stream.used as usize == BLOCK {
                self.extend(stream);
            }
            let used = stream.used as usize;
            let now = bytes.len().min(BLOCK - used);
            self.blocks[stream.last as usize].bytes[used..used + now]
                .copy_from_slice(&bytes[..now]);
            stream.used += now as u32;
            bytes = &bytes[now..];
        }
    }

    /// Copies a whole stream behind one another.
    pub(super) fn read(&self, stream: Stream, into: &mut Vec<u8>) {
        let mut at = stream.first;
        while at != NONE {
            let block = &self.blocks[at as usize];
            let used = if at == stream.last { stream.used as usize } else { BLOCK };
            into.extend_from_slice(&block.bytes[..used]);
            at = if at == stream.last { NONE } else { block.next };
        }
    }

    /// Frees the blocks of a stream.
    pub(super) fn recycle(&mut self, stream: &mut Stream) {
        let Stream { first, last, blocks, .. } = std::mem::take(stream);
        if first != NONE {
            self.blocks[last as usize].next = self.free;
            self.free = first;
            self.spare += blocks as usize;
        }
    }

    /// Gives memory of free blocks back until all blocks together hold no more than this.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        while self.free != NONE && self.bytes() > bytes {
            let block = &mut self.blocks[self.free as usize];
            block.bytes = Box::default();
            self.empty.push(self.free);
            self.free = block.next;
            self.spare -= 1;
        }
    }

    fn extend(&mut self, stream: &mut Stream) {
        let at = self.take();
        match stream.last {
            NONE => stream.first = at,
            last => self.blocks[last as usize].next = at,
        }
        stream.last = at;
        stream.blocks += 1;
        stream.used = 0;
    }

    fn take(&mut self) -> u32 {
        if self.free != NONE {
            let at = self.free;
            self.free = self.blocks[at as usize].next;
            self.spare -= 1;
            return at;
        }
        let block = Block { bytes: vec![0; BLOCK].into(), next: NONE };
        match self.empty.pop() {
            Some(at) => {
                self.blocks[at as usize] = block;
                at
            }
            None => {
                self.blocks.push(block);
                self.blocks.len() as u32 - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(blocks: &Blocks, stream: Stream) -> Vec<u8> {
        let mut bytes = Vec::new();
        blocks.read(stream, &mut bytes);
        bytes
    }

    #[test]
    fn streams_do_not_mix() {
        let mut blocks = Blocks::new();
        let (mut one, mut other) = (Stream::default(), Stream::default());

        for round in 0..200_u8 {
            blocks.write(&mut one, &[round; 7]);
            blocks.write(&mut other, &[255 - round; 13]);
        }

        let expected = |round: &dyn Fn(u8) -> u8, times: usize| {
            (0..200).flat_map(|at| vec![round(at); times]).collect::<Vec<_>>()
        };
        assert_eq!(content(&blocks, one), expected(&|round| round, 7));
        assert_eq!(content(&blocks, other), expected(&|round| 255 - round, 13));
    }

    #[test]
    fn blocks_are_used_again_and_given_back() {
        let mut blocks = Blocks::new();
        let mut stream = Stream::default();
        blocks.write(&mut stream, &[1; 10 * BLOCK]);
        let full = blocks.bytes();

        blocks.recycle(&mut stream);
        assert_eq!((blocks.bytes_in_use(), stream), (0, Stream::default()));
        assert_eq!(stream.lacks(10 * BLOCK), 10);
        blocks.write(&mut stream, &[2; 10 * BLOCK]);
        assert_eq!(blocks.bytes(), full);
        blocks.recycle(&mut stream);
        blocks.shrink_to(full / 2);
        assert!(blocks.bytes() <= full / 2);
        blocks.write(&mut stream, &[3; 4 * BLOCK]);

        assert_eq!(content(&blocks, stream), [3; 4 * BLOCK]);
    }
}
