//! A Bloom filter in blocks of a cache line: "not there" costs one look at memory.
//!
//! An id sets one bit in each of the eight words of one block (Putze, Sanders, Singler: Cache-,
//! Hash- and Space-Efficient Bloom Filters, 2007).

/// Bits of the filter for each id.
pub(crate) const BITS_AN_ID: usize = 12;

const WORDS: usize = 8;
const BLOCK_BITS: usize = WORDS * 64;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Block([u64; WORDS]);

/// What ids of a run may be there.
pub(crate) struct Filter {
    blocks: Vec<Block>,
}

/// An id as filters see it.
#[derive(Clone, Copy)]
pub(crate) struct Hashed {
    block: u64,
    bits: u64,
}

/// Hashes ids with a key that nobody outside knows.
#[derive(Clone, Copy)]
pub(crate) struct Hasher([u64; 4]);

impl Hasher {
    pub(crate) fn new(key: [u8; 32]) -> Hasher {
        let (words, _) = key.as_chunks();
        let mut hasher = Hasher([0; 4]);
        for (place, word) in hasher.0.iter_mut().zip(words) {
            *place = u64::from_le_bytes(*word);
        }
        hasher
    }

    /// A number for an id and its place, to compare sets of them by their sums.
    pub(crate) fn sum(&self, id: u128, position: u64) -> u64 {
        let Hashed { block, bits } = self.hash(id);
        fold(block ^ position, bits ^ ODD)
    }

    pub(crate) fn hash(&self, id: u128) -> Hashed {
        let whole = id.swap_bytes();
        let [low, high] = [whole, whole >> 64].map(low_half);
        let [a, b, c, d] = self.0;
        let block = fold(fold(low ^ a, high ^ b) ^ c, ODD);
        Hashed { block, bits: fold(block ^ d, ODD) }
    }
}

/// The golden ratio's fraction in 64 bits: odd, and without a pattern.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

fn low_half(wide: u128) -> u64 {
    u64::try_from(wide & u128::from(u64::MAX)).unwrap_or_default()
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    low_half(product) ^ low_half(product >> 64)
}

impl Filter {
    /// An empty filter for this many ids.
    pub(crate) fn new(ids: usize) -> Filter {
        let blocks = (ids * BITS_AN_ID).div_ceil(BLOCK_BITS).max(1);
        Filter { blocks: vec![Block([0; WORDS]); blocks] }
    }

    pub(crate) fn insert(&mut self, id: Hashed) {
        let block = self.place(id);
        if let Some(Block(words)) = self.blocks.get_mut(block) {
            for (word, mask) in words.iter_mut().zip(masks(id)) {
                *word |= mask;
            }
        }
    }

    pub(crate) fn may_hold(&self, id: Hashed) -> bool {
        let Some(Block(words)) = self.blocks.get(self.place(id)) else { return true };
        words.iter().zip(masks(id)).fold(0, |missing, (word, mask)| missing | (!word & mask)) == 0
    }

    fn place(&self, id: Hashed) -> usize {
        let blocks = u128::try_from(self.blocks.len()).unwrap_or_default();
        usize::try_from((u128::from(id.block) * blocks) >> 64).unwrap_or_default()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|block| block.0).flat_map(u64::to_le_bytes).collect()
    }

    /// What [`to_bytes`](Filter::to_bytes) wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Filter> {
        let (words, rest) = bytes.as_chunks::<8>();
        let (blocks, left) = words.as_chunks::<WORDS>();
        let blocks: Vec<_> = blocks.iter().map(|block| Block(block.map(u64::from_le_bytes))).collect();
        (rest.is_empty() && left.is_empty() && !blocks.is_empty()).then_some(Filter { blocks })
    }
}

/// One bit for each word of the block.
fn masks(id: Hashed) -> [u64; WORDS] {
    let mut place = 0;
    [0; WORDS].map(|_: u64| {
        let mask = 1 << ((id.bits >> place) & 63);
        place += 6;
        mask
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(from: u128, count: u128) -> impl Iterator<Item = u128> {
        (from..from + count).map(u128::swap_bytes)
    }

    #[test]
    fn it_knows_what_it_holds_and_little_else() {
        let hasher = Hasher::new(*blake3::hash(b"key").as_bytes());
        let mut filter = Filter::new(100_000);
        for id in ids(0, 100_000) {
            filter.insert(hasher.hash(id));
        }
        let filter = Filter::from_bytes(&filter.to_bytes()).unwrap();
        assert!(ids(0, 100_000).all(|id| filter.may_hold(hasher.hash(id))));
        let wrong = ids(1 << 70, 100_000).filter(|id| filter.may_hold(hasher.hash(*id))).count();
        assert!(wrong < 1000, "{wrong} of 100,000 unknown ids pass");
    }
}
