//! The transports themselves, for those who configure them, or use their libraries' own types.

#[cfg(feature = "quic")]
pub use bank_engine_quic as quic;
#[cfg(feature = "tcp")]
pub use bank_engine_tcp as tcp;
pub use bank_engine_tls as tls;
