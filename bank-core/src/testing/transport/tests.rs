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
