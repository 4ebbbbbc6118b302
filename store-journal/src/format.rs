//! The journal's bytes: records of facts, batches of records, segments of batches, and the names of the files.

pub(crate) mod batch;
pub(crate) mod bytes;
pub(crate) mod layout;
pub(crate) mod record;
pub(crate) mod segment;
