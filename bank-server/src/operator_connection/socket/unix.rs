//! The socket where there are sockets with names.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bank_engine::operator::Operator;
use bank_engine::transport::{
    Channel, Connection, Framed, Incoming, Listener, Peer, StreamConnection, TransportError,
};
use tokio::net::{UnixListener, UnixStream};

use crate::file_error::FileError;
use crate::operator_connection::socket::SocketError;
use crate::operator_connection::users;

/// A socket to listen at, and its file, which is gone when this is dropped.
#[derive(Debug)]
pub struct OperatorListener {
    listener: Option<UnixListener>,
    path: PathBuf,
}

/// Listens at `path`, for the owner alone. Only for the process that holds the journal's lock: a socket that is
/// there is replaced. On a tokio runtime.
pub fn listen(path: &Path) -> Result<OperatorListener, SocketError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(path).map_err(failed("remove", path))?;
        }
        Ok(_) => return Err(SocketError::InTheWay { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(failed("look at", path)(source)),
    }
    let listener = UnixListener::bind(path).map_err(failed("listen at", path))?;
    let door = OperatorListener { listener: Some(listener), path: path.to_owned() };
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed("protect", path))?;
    Ok(door)
}

/// A channel to the server that listens at `path`; `None` where nobody does.
pub async fn connect(path: &Path) -> Result<Option<Box<dyn Channel>>, SocketError> {
    match UnixStream::connect(path).await {
        Ok(stream) => {
            let (reader, writer) = stream.into_split();
            Ok(Some(Box::new(Framed::new(reader, writer))))
        }
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
            _ => Err(failed("reach the server at", path)(error)),
        },
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SocketError {
    let path = path.to_owned();
    move |source| match source.kind() {
        // What the library says of a path that does not fit, before it asks the system.
        io::ErrorKind::InvalidInput => SocketError::PathTooLong { path },
        _ => FileError { action, path, source }.into(),
    }
}

impl OperatorListener {
    /// What a server listens with; once.
    #[must_use]
    pub fn listener(&mut self) -> Option<Box<dyn Listener>> {
        let listener = self.listener.take()?;
        Some(Box::new(Operators { listener: Some(listener), address: self.path.display().to_string() }))
    }

    /// Who is at a connection of its listener.
    #[must_use]
    pub fn operator(peer: &Peer) -> Operator {
        peer.host.parse().unwrap_or_else(|_| unreachable!("the listener names operators"))
    }
}

impl Drop for OperatorListener {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!("{} is left: {error}", self.path.display());
        }
    }
}

struct Operators {
    listener: Option<UnixListener>,
    address: String,
}

#[async_trait]
impl Listener for Operators {
    async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
        let listener = self.listener.as_ref().ok_or(TransportError::Closed)?;
        let failed = |source| TransportError::Io { action: "cannot accept an operator".into(), source };
        let (stream, _) = listener.accept().await.map_err(failed)?;
        let uid = stream.peer_cred().map_err(failed)?.uid();
        // The file's rights say the same, from a moment after the socket was made.
        if uid != users::own_uid() && uid != ROOT {
            return Err(failed(io::ErrorKind::PermissionDenied.into()));
        }
        Ok(Box::new(AtTheDoor { stream, peer: Peer { host: users::operator(uid).to_string(), port: None } }))
    }

    fn address(&self) -> String {
        self.address.clone()
    }

    async fn close(&mut self) {
        self.listener = None;
    }
}

const ROOT: u32 = 0;

struct AtTheDoor {
    stream: UnixStream,
    peer: Peer,
}

#[async_trait]
impl Incoming for AtTheDoor {
    fn peer(&self) -> Peer {
        self.peer.clone()
    }

    async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
        Ok(Box::new(StreamConnection::accepted(self.stream, self.peer)))
    }

    fn refuse(self: Box<Self>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_the_owners_and_goes_with_the_door() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        assert!(connect(&path).await.unwrap().is_none());
        let mut door = listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut listener = door.listener().unwrap();
        assert!(door.listener().is_none());
        let (client, incoming) = tokio::join!(connect(&path), listener.accept());
        let peer = incoming.unwrap().peer();
        assert!(client.unwrap().is_some());
        assert_eq!(OperatorListener::operator(&peer), users::own());
        drop((listener, door));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_nobody_listens_at_is_replaced_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists() && connect(&path).await.unwrap().is_none());
        drop(listen(&path).unwrap());
        fs::write(&path, "somebody's").unwrap();
        assert!(matches!(listen(&path), Err(SocketError::InTheWay { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"somebody's");
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_is_reported() {
        let path = Path::new("/tmp").join("x".repeat(120)).join("s");
        let output = |error: SocketError| error.to_string();
        assert!(output(connect(&path).await.err().unwrap()).contains("with --data, a symbolic link's"));
        assert!(output(failed("listen at", &path)(io::ErrorKind::InvalidInput.into())).contains("too long"));
    }
}
