//! A disk in memory that keeps a record of all that was done to it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bank_engine_journal::{Disk, DiskFile};

use crate::recording::Recording;

/// What a disk writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;

/// Files by name: all that there is after a crash.
pub type Image = BTreeMap<String, Vec<u8>>;

/// Something done to the disk; files are numbered in the order in which they were made.
#[derive(Debug, Clone)]
pub enum Operation {
    Create {
        name: String,
        file: usize,
    },
    Write {
        file: usize,
        bytes: Arc<[u8]>,
        offset: usize,
    },
    Reserve {
        file: usize,
        length: usize,
    },
    Truncate {
        file: usize,
        length: usize,
    },
    Sync {
        file: usize,
    },
    /// What was not kept before may never be now, unless it is written again.
    FailedSync {
        file: usize,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        name: String,
    },
    SyncNames,
}

/// An operation that is about to be done, as a fault sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub kind: &'static str,
    /// The file's newest name.
    pub name: String,
    /// The thread that asks.
    pub thread: String,
}

/// Says which operations fail, and how.
pub type Fault = Box<dyn FnMut(&Attempt) -> Option<io::Error> + Send>;

#[derive(Clone)]
pub struct Simulated(Arc<Mutex<Inner>>);

struct Inner {
    base: Image,
    files: Vec<Vec<u8>>,
    names: BTreeMap<String, usize>,
    log: Vec<Operation>,
    sync_time: Duration,
    /// Bytes that all files may have together.
    capacity: usize,
    fault: Option<Fault>,
}

impl Simulated {
    pub fn new() -> Simulated {
        Simulated::holding(Image::new())
    }

    /// A disk on which all of `base` is kept.
    pub fn holding(base: Image) -> Simulated {
        let files = base.values().cloned().collect();
        let names = base.keys().cloned().zip(0..).collect();
        let (log, sync_time, capacity, fault) = (Vec::new(), Duration::ZERO, usize::MAX, None);
        Simulated(Arc::new(Mutex::new(Inner { base, files, names, log, sync_time, capacity, fault })))
    }

    /// How long a sync waits before it is done: time for an answer that came too early to be seen.
    pub fn set_sync_time(&self, time: Duration) {
        self.lock().sync_time = time;
    }

    pub fn set_capacity(&self, bytes: usize) {
        self.lock().capacity = bytes;
    }

    pub fn set_fault(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    /// How many bytes all files have together.
    pub fn used(&self) -> usize {
        self.lock().used()
    }

    /// How many operations were done.
    pub fn operations(&self) -> usize {
        self.lock().log.len()
    }

    /// All that was done so far.
    pub fn recording(&self) -> Recording {
        let inner = self.lock();
        Recording { base: inner.base.clone(), log: inner.log.clone() }
    }

    /// What the disk holds for those who look now.
    pub fn image(&self) -> Image {
        let inner = self.lock();
        inner.names.iter().map(|(name, file)| (name.clone(), inner.files[*file].clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Waits as long as a sync takes.
    fn settle(&self) {
        let time = self.lock().sync_time;
        if !time.is_zero() {
            std::thread::sleep(time);
        }
    }
}

impl Inner {
    fn used(&self) -> usize {
        self.names.values().map(|file| self.files[*file].len()).sum()
    }

    fn try_to(&mut self, kind: &'static str, name: &str) -> io::Result<()> {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        let attempt = Attempt { kind, name: name.to_owned(), thread };
        match self.fault.as_mut().and_then(|fault| fault(&attempt)) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn name_of(&self, file: usize) -> String {
        let name = self.names.iter().find(|(_, other)| **other == file);
        name.map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn make_room(&self, file: usize, length: usize) -> io::Result<()> {
        let more = length.saturating_sub(self.files[file].len());
        if more > 0 && self.used().saturating_add(more) > self.capacity {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Disk for Simulated {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/simulated").join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let number = self.lock().names.get(name).copied().ok_or(ErrorKind::NotFound)?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), number }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.lock();
        inner.try_to("create", name)?;
        let number = inner.files.len();
        inner.files.push(Vec::new());
        inner.names.insert(name.to_owned(), number);
        inner.log.push(Operation::Create { name: name.to_owned(), file: number });
        Ok(Box::new(SimulatedFile { disk: self.clone(), number }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.lock();
        inner.try_to("rename", to)?;
        let file = inner.names.remove(from).ok_or(ErrorKind::NotFound)?;
        inner.names.insert(to.to_owned(), file);
        inner.log.push(Operation::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.lock();
        inner.try_to("remove", name)?;
        inner.names.remove(name).ok_or(ErrorKind::NotFound)?;
        inner.log.push(Operation::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        self.settle();
        let mut inner = self.lock();
        inner.try_to("sync_names", "")?;
        inner.log.push(Operation::SyncNames);
        Ok(())
    }
}

struct SimulatedFile {
    disk: Simulated,
    number: usize,
}

impl SimulatedFile {
    /// The disk, if it lets this be done to the file.
    fn begin(&self, kind: &'static str) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.disk.lock();
        let name = inner.name_of(self.number);
        inner.try_to(kind, &name)?;
        Ok(inner)
    }
}

impl DiskFile for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        Ok(u64::try_from(self.disk.lock().files[self.number].len()).unwrap())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.disk.lock();
        let content = &inner.files[self.number];
        let rest = content.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (file, offset) = (self.number, usize::try_from(offset).unwrap());
        let mut inner = match self.begin("write") {
            Ok(inner) => inner,
            Err(error) => {
                // A write that fails may have done a part of its work.
                let mut inner = self.disk.lock();
                let end = (offset + bytes.len()) / SECTOR_BYTES * SECTOR_BYTES;
                let bytes: Arc<[u8]> = bytes[..end.saturating_sub(offset)].into();
                write(&mut inner.files[file], &bytes, offset);
                inner.log.push(Operation::Write { file, bytes, offset });
                return Err(error);
            }
        };
        inner.make_room(file, offset + bytes.len())?;
        write(&mut inner.files[file], bytes, offset);
        inner.log.push(Operation::Write { file, bytes: bytes.into(), offset });
        Ok(())
    }

    fn reserve(&self, length: u64) -> io::Result<()> {
        let (file, length) = (self.number, usize::try_from(length).unwrap());
        let mut inner = self.begin("reserve")?;
        inner.make_room(file, length)?;
        let longer = inner.files[file].len().max(length);
        inner.files[file].resize(longer, 0);
        inner.log.push(Operation::Reserve { file, length });
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let (file, length) = (self.number, usize::try_from(length).unwrap());
        let mut inner = self.begin("truncate")?;
        inner.files[file].resize(length, 0);
        inner.log.push(Operation::Truncate { file, length });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.settle();
        let begun = self.begin("sync").map(|mut inner| {
            inner.log.push(Operation::Sync { file: self.number });
        });
        if begun.is_err() {
            self.disk.lock().log.push(Operation::FailedSync { file: self.number });
        }
        begun
    }
}

/// Puts `bytes` into a file's content, which grows where needed.
pub fn write(content: &mut Vec<u8>, bytes: &[u8], offset: usize) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}
