//! The frame around a record's body, and the names of accounts that it refers to by number.

use bank_engine_core::account::AccountId;
use bank_engine_core::books::Books;
use bank_engine_core::money::Currency;

/// The record's length, kind and detail.
pub(crate) const PREFIX_BYTES: usize = 4;

/// What a record takes besides its body.
pub(crate) const AROUND_BYTES: usize = PREFIX_BYTES + 4;

pub(crate) const POSTED: u8 = 2;

/// Something that this format has no bytes for: a newer core than the journal knows.
#[derive(Debug)]
pub(crate) struct EncodeError;

/// What accounts are called that records have by number.
pub(crate) trait Names {
    /// The account's name and currency.
    fn name(&self, number: u32) -> Option<(AccountId, Currency)>;
}

impl Names for Books {
    fn name(&self, number: u32) -> Option<(AccountId, Currency)> {
        self.numbered(number).map(|account| (account.id, account.currency))
    }
}

impl Names for Nameless {
    fn name(&self, _: u32) -> Option<(AccountId, Currency)> {
        None
    }
}

/// For those who look for records that name no account by number, or leave the numbers as they are.
pub(crate) struct Nameless;

/// Fills in the prefix of the record that `out` holds from `start` on, and adds the CRC.
pub(crate) fn seal(out: &mut Vec<u8>, start: usize, kind: u8, detail: u8) -> Option<()> {
    let record = out.get_mut(start..)?;
    let [low, high] = u16::try_from(record.len() + AROUND_BYTES - PREFIX_BYTES).ok()?.to_le_bytes();
    *record.first_chunk_mut()? = [low, high, kind, detail];
    let crc = crc32fast::hash(record);
    out.extend_from_slice(&crc.to_le_bytes());
    Some(())
}
