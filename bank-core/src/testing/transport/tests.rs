mod memory {
    use std::any::Any;
    use std::time::Duration;

    use async_trait::async_trait;

    use crate::testing::transport::TransportFixture;
    use crate::transport::{MemoryTransport, MemoryWire, Transport};

    const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(1);

    struct Memory(MemoryTransport);

    impl Memory {
        fn new(delay: Duration) -> Self {
            let wire = MemoryWire { delay, handshake_time_max: HANDSHAKE_TIME_MAX, ..MemoryWire::default() };
            Memory(MemoryTransport::with_wire(wire))
        }
    }

    #[async_trait]
    impl TransportFixture for Memory {
        fn server(&self) -> &dyn Transport {
            &self.0
        }

        fn client(&self) -> &dyn Transport {
            &self.0
        }

        fn listen_address(&self) -> String {
            "0".to_owned()
        }

        fn handshake_time_max(&self) -> Duration {
            HANDSHAKE_TIME_MAX
        }

        fn channels_a_connection(&self) -> usize {
            MemoryWire::default().channels_max
        }

        async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
            Box::new(self.0.stall(address).await.unwrap())
        }
    }

    crate::transport_conformance!(Memory::new(Duration::ZERO));

    /// The same on a wire that takes its time.
    mod slow {
        use super::*;

        crate::transport_conformance!(Memory::new(Duration::from_millis(2)));
    }
}

mod pipe {
    //! The smallest transport of streams: pipes in the process, a channel a connection, no handshake.

    use std::any::Any;
    use std::collections::HashMap;
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::io::DuplexStream;
    use tokio::sync::mpsc;

    use crate::testing::transport::{RawStream, StreamFixture, TransportFixture};
    use crate::transport::{
        Connection, Incoming, Listener, Peer, StreamConnection, Transport, TransportError,
    };

    const BACKLOG_MAX: usize = 128;
    const PIPE_BYTES: usize = 10_000;

    type Doors = Arc<Mutex<HashMap<String, mpsc::Sender<DuplexStream>>>>;

    #[derive(Default)]
    struct Pipes(Doors);

    fn peer(host: &str) -> Peer {
        Peer { host: host.to_owned(), port: None }
    }

    impl Pipes {
        async fn dial(&self, address: &str) -> Result<DuplexStream, TransportError> {
            let address = address.to_owned();
            if address.is_empty() {
                return Err(TransportError::Address { address, reason: "it is empty".to_owned() });
            }
            let door = self.0.lock().unwrap().get(&address).cloned();
            let Some(door) = door else { return Err(TransportError::Refused { address }) };
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            door.send(far).await.map_err(|_| TransportError::Refused { address })?;
            Ok(near)
        }
    }

    #[async_trait]
    impl Transport for Pipes {
        async fn connect(&self, address: &str) -> Result<Box<dyn Connection>, TransportError> {
            Ok(Box::new(StreamConnection::dialled(self.dial(address).await?, peer(address))))
        }

        async fn listen(&self, address: &str) -> Result<Box<dyn Listener>, TransportError> {
            let (door, arrivals) = mpsc::channel(BACKLOG_MAX);
            let mut doors = self.0.lock().unwrap();
            if doors.contains_key(address) {
                let action = format!("cannot listen at {address}");
                return Err(TransportError::Io { action, source: io::ErrorKind::AddrInUse.into() });
            }
            doors.insert(address.to_owned(), door);
            Ok(Box::new(PipeListener {
                doors: Arc::clone(&self.0),
                address: address.to_owned(),
                arrivals: Some(arrivals),
            }))
        }
    }

    struct PipeListener {
        doors: Doors,
        address: String,
        arrivals: Option<mpsc::Receiver<DuplexStream>>,
    }

    #[async_trait]
    impl Listener for PipeListener {
        async fn accept(&mut self) -> Result<Box<dyn Incoming>, TransportError> {
            let arrivals = self.arrivals.as_mut().ok_or(TransportError::Closed)?;
            let stream = arrivals.recv().await.ok_or(TransportError::Closed)?;
            Ok(Box::new(Guest(stream)))
        }

        fn address(&self) -> String {
            self.address.clone()
        }

        async fn close(&mut self) {
            if self.arrivals.take().is_some() {
                self.doors.lock().unwrap().remove(&self.address);
            }
        }
    }

    struct Guest(DuplexStream);

    #[async_trait]
    impl Incoming for Guest {
        fn peer(&self) -> Peer {
            peer("pipe")
        }

        async fn accept(self: Box<Self>) -> Result<Box<dyn Connection>, TransportError> {
            Ok(Box::new(StreamConnection::accepted(self.0, peer("pipe"))))
        }

        fn refuse(self: Box<Self>) {}
    }

    #[async_trait]
    impl TransportFixture for Pipes {
        fn server(&self) -> &dyn Transport {
            self
        }

        fn client(&self) -> &dyn Transport {
            self
        }

        fn listen_address(&self) -> String {
            static LISTENERS: AtomicUsize = AtomicUsize::new(0);
            format!("pipe-{}", LISTENERS.fetch_add(1, Ordering::Relaxed))
        }

        fn handshake_time_max(&self) -> Duration {
            Duration::from_secs(1) // there is no handshake; this is how long cases wait for none
        }

        fn channels_a_connection(&self) -> usize {
            1
        }

        fn connects_before_accept(&self) -> bool {
            true
        }

        async fn stall(&self, address: &str) -> Box<dyn Any + Send> {
            Box::new(self.dial(address).await.unwrap())
        }
    }

    #[async_trait]
    impl StreamFixture for Pipes {
        async fn raw(&self, address: &str) -> Box<dyn RawStream> {
            Box::new(self.dial(address).await.unwrap())
        }
    }

    crate::transport_conformance!(Pipes::default());
    crate::stream_conformance!(Pipes::default());
}
