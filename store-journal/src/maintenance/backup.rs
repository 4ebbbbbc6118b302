//! Copies of a journal, made while it is in use.

use std::path::Path;
use std::thread::sleep;

use crate::disk::{Disk, Files};
use crate::error::{FROM_COPY, JournalError, failed};
use crate::format::bytes::{offset, place};
use crate::format::layout::{JournalId, put_mark, segment_name};
use crate::format::segment::{Broken, Chain, Scan, Segment};
use crate::maintenance::head::{Head, TRIES, TRY_AGAIN_AFTER};
use crate::maintenance::progress::Progress;
use crate::maintenance::verify::{Verified, verify};
use crate::recovery::replay;

/// Copies the journal at `from`, which may be in use, into `to`, a new or empty directory. The copy
/// holds every batch that was answered before this was called; its chain is checked on the way.
///
/// Indices and checkpoints are not copied: they are made anew where the copy is opened.
pub fn back_up(from: &Path, to: &Path, progress: Progress<'_>) -> Result<Head, JournalError> {
    let source = Files::read_only(from);
    let id = JournalId::of(&source)?;
    let target = Files::create(to).map_err(|source| JournalError::Io {
        action: "create",
        path: to.to_owned(),
        source,
    })?;
    if !target.list().map_err(failed(&target, "list", ""))?.is_empty() {
        return Err(JournalError::NotEmpty { path: to.to_owned() });
    }
    let names = source.list().map_err(failed(&source, "list", ""))?;
    let segments = replay::segments(&source, id, &names)?;
    let mut chain = Chain::start(id);
    let lengths = segments.iter().map(|segment| segment.length(&source));
    let all: u64 = lengths.sum::<Result<u64, JournalError>>()?;
    let mut copied = 0;
    for (segment, done) in segments.iter().zip(0..) {
        let name = segment_name(segment.number);
        // So that the copy holds nothing that its original could lose yet.
        segment.file.sync().map_err(failed(&source, "sync", &name))?;
        let is_last = done + 1 == segments.len();
        let (whole, end) = whole_batches(&source, segment, is_last, chain)?;
        chain = end;
        let write = || {
            let file = target.create(&name)?;
            file.write_at(&whole, 0)?;
            file.sync()
        };
        write().map_err(failed(&target, "write", &name))?;
        copied = if is_last { all } else { copied + offset(whole.len()) };
        progress(copied, all);
    }
    put_mark(&target, id)?;
    Ok(Head::of(id, &chain))
}

/// A segment up to the end of its last whole batch. Only the last segment may have more: a batch
/// that is being written, or one that a crash cut short.
fn whole_batches(
    disk: &dyn Disk,
    segment: &Segment,
    is_last: bool,
    before: Chain,
) -> Result<(Vec<u8>, Chain), JournalError> {
    let mut tries = TRIES;
    loop {
        let mut bytes = segment.load(disk)?;
        let mut scan = Scan::new(&bytes, before);
        let broken = loop {
            match scan.next() {
                Ok(Some(_)) => {}
                Ok(None) => break None,
                Err(Broken { torn: true, .. }) if is_last => break None,
                Err(broken) => break Some(broken),
            }
        };
        let (end, chain) = (place(scan.offset()), scan.chain);
        let Some(Broken { offset, what, .. }) = broken else {
            bytes.truncate(end);
            return Ok((bytes, chain));
        };
        tries -= 1;
        if !is_last || tries == 0 {
            let path = disk.path(&segment_name(segment.number));
            return Err(JournalError::Damaged { path, offset, what, remedy: FROM_COPY });
        }
        sleep(TRY_AGAIN_AFTER);
    }
}

/// Copies the backup at `from` into `to`, a new or empty directory, once all of it was verified.
pub fn restore(from: &Path, to: &Path, progress: Progress<'_>) -> Result<Verified, JournalError> {
    // Half of the work is to verify, the other half to copy.
    let verified = verify(from, &mut |done, all| progress(done / 2, all))?;
    back_up(from, to, &mut |done, all| progress(all / 2 + done / 2, all))?;
    Ok(verified)
}
