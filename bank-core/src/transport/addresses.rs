//! Listening on every address of a name, or on none.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

/// How often another free port is tried for, where the first one is free on some addresses alone.
const PORTS_TRIED_MAX: usize = 16;

/// Listens with `open` on each of `addresses`: on all of them, or on none. It is how adapters for
/// networks listen at a name that has several addresses.
///
/// An address of a family that the machine lacks is passed over and logged, as long as another is
/// left. Port 0 takes one port that is free on all. An address that is listed twice is used once.
pub fn open_all<T>(
    addresses: &[SocketAddr],
    mut open: impl FnMut(SocketAddr) -> io::Result<(T, SocketAddr)>,
) -> io::Result<Vec<(T, SocketAddr)>> {
    let mut tries = 0;
    loop {
        tries += 1;
        match open_once(addresses, &mut open) {
            Err(error)
                if error.kind() == ErrorKind::AddrInUse
                    && addresses.iter().all(|address| address.port() == 0)
                    && tries < PORTS_TRIED_MAX => {}
            done => return done,
        }
    }
}

/// What to call listeners that were opened for `address`: a client of the same transport reaches one
/// of them there.
#[must_use]
pub fn listening_at<T>(address: &str, opened: &[(T, SocketAddr)]) -> String {
    match opened {
        [] => address.to_owned(),
        [(_, only)] => only.to_string(),
        [(_, first), ..] => {
            let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
            format!("{host}:{}", first.port())
        }
    }
}

fn open_once<T>(
    addresses: &[SocketAddr],
    open: &mut impl FnMut(SocketAddr) -> io::Result<(T, SocketAddr)>,
) -> io::Result<Vec<(T, SocketAddr)>> {
    let mut opened: Vec<(T, SocketAddr)> = Vec::with_capacity(addresses.len());
    let mut lacking = None;
    for (number, address) in addresses.iter().enumerate() {
        if addresses.iter().take(number).any(|before| before == address) {
            continue;
        }
        let mut address = *address;
        if let Some((_, first)) = opened.first().filter(|_| address.port() == 0) {
            address.set_port(first.port());
        }
        match open(address) {
            Ok(listening) => opened.push(listening),
            Err(error) if is_lacking(&error, address) => {
                tracing::info!(%address, %error, "the machine lacks this kind of address; it is passed over");
                lacking = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match lacking {
        _ if !opened.is_empty() => Ok(opened),
        Some(error) => Err(error),
        None => Err(ErrorKind::AddrNotAvailable.into()),
    }
}

/// Whether the machine has no addresses of this family: not even the loopback one.
fn is_lacking(error: &io::Error, address: SocketAddr) -> bool {
    let no_family = error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(AF_NOT_SUPPORTED);
    no_family || error.kind() == ErrorKind::AddrNotAvailable && address.ip().is_loopback()
}

/// `EAFNOSUPPORT`, for which the standard library has no name.
#[cfg(any(target_os = "linux", target_os = "android"))]
const AF_NOT_SUPPORTED: i32 = 97;
#[cfg(windows)]
const AF_NOT_SUPPORTED: i32 = 10047;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
const AF_NOT_SUPPORTED: i32 = 47;

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn every_address_is_taken_or_none() {
        let both = addresses(&["[::1]:7", "127.0.0.1:7", "[::1]:7"]);
        let opened = open_all(&both, |address| Ok(((), address))).unwrap();
        assert_eq!(opened.len(), 2);
        let one_in_use = |address: SocketAddr| match address.is_ipv4() {
            true => Err(ErrorKind::AddrInUse.into()),
            false => Ok(((), address)),
        };
        assert_eq!(open_all(&both, one_in_use).unwrap_err().kind(), ErrorKind::AddrInUse);
        let elsewhere = addresses(&["[::1]:7", "192.0.2.1:7"]);
        let not_here = |address: SocketAddr| match address.is_ipv4() {
            true => Err(ErrorKind::AddrNotAvailable.into()),
            false => Ok(((), address)),
        };
        assert_eq!(open_all(&elsewhere, not_here).unwrap_err().kind(), ErrorKind::AddrNotAvailable);
        assert!(open_all(&[], |address| Ok(((), address))).is_err());
    }

    #[test]
    fn a_family_that_the_machine_lacks_is_passed_over() {
        let both = addresses(&["[::1]:7", "127.0.0.1:7"]);
        for lacking in [ErrorKind::AddrNotAvailable.into(), io::Error::from_raw_os_error(AF_NOT_SUPPORTED)] {
            let mut lacking = Some(lacking);
            let open = |address: SocketAddr| match lacking.take() {
                Some(error) => Err(error),
                None => Ok(((), address)),
            };
            assert_eq!(open_all(&both, open).unwrap(), [((), both[1])]);
        }
        let none = open_all(&both, |_| Err::<((), _), _>(io::Error::from_raw_os_error(AF_NOT_SUPPORTED)));
        assert_eq!(none.unwrap_err().raw_os_error(), Some(AF_NOT_SUPPORTED));
    }

    #[test]
    fn port_zero_is_one_port_that_is_free_on_all() {
        let both = addresses(&["[::1]:0", "127.0.0.1:0"]);
        let mut next = 1000;
        let open = |mut address: SocketAddr| {
            if address.port() == 0 {
                next += 1;
                address.set_port(next);
            }
            // The first two are somebody else's on IPv4.
            match address.is_ipv4() && address.port() < 1003 {
                true => Err(ErrorKind::AddrInUse.into()),
                false => Ok(((), address)),
            }
        };
        let opened = open_all(&both, open).unwrap();
        assert_eq!(opened.iter().map(|(_, at)| at.port()).collect::<Vec<_>>(), [1003, 1003]);
        assert_eq!(listening_at("localhost:0", &opened), "localhost:1003");
        assert_eq!(listening_at("localhost:0", &opened[..1]), "[::1]:1003");
    }
}
