//! The thread that writes: a batch at a time, one write and one sync, then the answers.

use std::io;
use std::sync::Arc;

use bank_engine_core::store::StoreError;

use crate::engine::queue::{Job, Queue, Reply};
use crate::format::bytes::offset;
use crate::index::history::SealedSegments;

/// Works until nothing will be handed over any more.
pub(crate) fn run(queue: &Queue, sealed_segments: &Arc<SealedSegments>) {
    while let Some(Job { position, bytes, replies }) = queue.job() {
        let saved = match sealed_segments.last() {
            Some(segment) => {
                let written = segment.file.write_at(&bytes, segment.offset(position));
                written.and_then(|()| segment.file.sync())
            }
            None => Err(io::ErrorKind::NotFound.into()),
        };
        match saved {
            Ok(()) => {
                sealed_segments.keep(position + offset(bytes.len()));
                queue.written();
                replies.into_iter().for_each(Reply::release);
            }
            Err(error) => {
                // What is on the disk now nobody knows before it is read anew: a second sync that
                // succeeds would prove nothing.
                tracing::error!("the journal stops, writing failed: {error}");
                queue.fail();
                queue.written();
                for reply in replies {
                    reply.refuse(StoreError::Io(io::Error::new(error.kind(), error.to_string())));
                }
            }
        }
    }
}
