//! Raises the number of files and sockets that this process may open.

/// Allows this process as many descriptors as the system does, and answers how many those are;
/// `None` where there is no limit or none is known. Most systems give a process 1,024 at first,
/// too few for a thousand terminals and their server in one process.
#[cfg(unix)]
pub fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// What macOS allows at most, though it names no limit.
    const NAMELESS_LIMIT: u64 = 10_240;

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let highest = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if highest.is_err() {
        // Where this fails too, the first limit stays and is answered.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(NAMELESS_LIMIT), maximum });
    }
    getrlimit(Resource::Nofile).current
}

/// Nothing to raise.
#[cfg(not(unix))]
pub fn raise() -> Option<u64> {
    None
}
