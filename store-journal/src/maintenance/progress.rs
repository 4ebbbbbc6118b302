//! Reports how much of a journal a long command has read.

pub(super) struct Bytes<'a> {
    pub(super) done: u64,
    pub(super) all: u64,
    pub(super) progress: Progress<'a>,
}

impl Bytes<'_> {
    pub(super) fn done(&mut self, bytes: u64) {
        self.done = (self.done + bytes).min(self.all);
        (self.progress)(self.done, self.all);
    }
}

/// Called now and then with the bytes that are done, and those in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);
