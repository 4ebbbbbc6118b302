//! Writes an error with all its causes on one line.

use std::error::Error;

/// An error and its causes on one line: `cannot read a.csv: no such file`.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TransportError;

    #[test]
    fn causes_follow_the_error() {
        let lost = TransportError::Lost(Some(std::io::Error::other("the cable is cut")));
        assert_eq!(error_chain(&lost), "the connection was lost: the cable is cut");
    }
}
