//! SipHash-2-4: a keyed hash that is the same in every process that has the key.
//!
//! The standard library's is of another strength and may change with any release; a hash that two
//! services compare must not.

/// The state of a hash under way.
#[derive(Clone, Debug)]
pub(super) struct SipHash {
    state: [u64; 4],
    /// Bytes that are no whole word yet, the first one lowest.
    pending: u64,
    length: u64,
}

impl SipHash {
    pub(super) const fn new(key: [u64; 2]) -> Self {
        let [low, high] = key;
        let state = [
            low ^ 0x736f_6d65_7073_6575,
            high ^ 0x646f_7261_6e64_6f6d,
            low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573,
        ];
        Self { state, pending: 0, length: 0 }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.pending |= u64::from(*byte) << (self.length % 8 * 8);
            self.length = self.length.wrapping_add(1);
            if self.length.is_multiple_of(8) {
                let word = std::mem::take(&mut self.pending);
                self.compress(word);
            }
        }
    }

    pub(super) fn finish(mut self) -> u64 {
        self.compress(self.pending | self.length << 56);
        self.state[2] ^= 0xff;
        (0..4).for_each(|_| self.round());
        self.state.iter().fold(0, |hash, word| hash ^ word)
    }

    fn compress(&mut self, word: u64) {
        self.state[3] ^= word;
        self.round();
        self.round();
        self.state[0] ^= word;
    }

    fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = b.rotate_left(13) ^ a;
        d = d.rotate_left(16) ^ c;
        a = a.rotate_left(32).wrapping_add(d);
        c = c.wrapping_add(b);
        d = d.rotate_left(21) ^ a;
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        self.state = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::SipHash;

    #[test]
    fn it_is_that_of_the_paper() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let input: Vec<u8> = (0..15).collect();

        for (length, expected) in
            [(15, 0xa129_ca61_49be_45e5), (0, 0x726f_db47_dd0e_0e31), (8, 0x93f5_f579_9a93_2462)]
        {
            let mut hash = SipHash::new(key);
            hash.write(&input[..length]);
            assert_eq!(hash.finish(), expected, "of {length} bytes");
        }
    }

    #[test]
    fn pieces_make_no_difference() {
        let hash = |pieces: &[&str]| {
            let mut hash = SipHash::new([1, 2]);
            pieces.iter().for_each(|piece| hash.write(piece.as_bytes()));
            hash.finish()
        };

        assert_eq!(hash(&["ann@exam", "", "ple.org"]), hash(&["ann@example.org"]));
    }
}
