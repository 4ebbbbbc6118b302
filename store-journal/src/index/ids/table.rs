//! The ids of one segment, in memory.

use hashbrown::HashMap;

use crate::index::ids::Entry;

/// The ids of one segment, in memory.
#[derive(Default)]
pub(crate) struct Table {
    positions: HashMap<u128, u64>,
}

impl Table {
    pub(crate) fn insert(&mut self, id: u128, position: u64) {
        self.positions.insert(id, position);
    }

    pub(crate) fn find(&self, id: u128) -> Option<u64> {
        self.positions.get(&id).copied()
    }
}

impl Table {
    /// All its ids, in no order.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.positions.iter().map(|(id, position)| (*id, *position)).collect()
    }

    /// An empty table, with room for as many ids as this one has.
    pub(crate) fn successor(&self) -> Table {
        Table { positions: HashMap::with_capacity(self.positions.len()) }
    }
}
