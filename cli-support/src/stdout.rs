//! Answers on standard output, whose reader may have gone, or whose disk may be full.

use std::io::{self, Write};

/// Where an answer went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it was taken.
    Whole,
    /// The reader had gone, as `head` does once it has enough.
    ToNobody,
}

/// Writes `text` on standard output in one piece, and flushes it.
pub fn write(text: &str) -> io::Result<Written> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What came of writing.
pub fn written(result: io::Result<()>) -> io::Result<Written> {
    match result {
        Ok(()) => Ok(Written::Whole),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::ToNobody),
        Err(error) => Err(error),
    }
}

/// Writes a line on standard error. A failed write is ignored: there is nobody to report it to.
pub fn notify(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether nobody will read what is written on standard output from now on, as far as the machine
/// reports it.
#[must_use]
pub fn reader_is_gone() -> bool {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        let out = io::stdout();
        let mut watched = [PollFd::new(&out, PollFlags::empty())];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let polled = poll(&mut watched, Some(&at_once)).is_ok();
        let gone = PollFlags::ERR | PollFlags::NVAL;
        polled && watched.iter().any(|out| out.revents().intersects(gone))
    }
    #[cfg(not(unix))]
    false
}
