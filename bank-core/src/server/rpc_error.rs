//! Converts the bank's errors to those of the protocol.

use crate::error::Error;
use crate::protocol::{Code, RpcError};

impl From<&Error> for RpcError {
    fn from(error: &Error) -> Self {
        match (error, Code::from_number(error.code())) {
            (Error::Declined(decline), _) => RpcError::from(decline),
            (_, Some(code)) => RpcError::because(code, error.to_string()),
            (_, None) => RpcError::new(Code::StorageFailed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Busy, Cause};
    use crate::store::StoreError;

    #[test]
    fn code_and_words_of_a_store_that_did_not_decide_agree() {
        let result = |error: StoreError| {
            let RpcError { code, message, .. } = RpcError::from(&Error::of_store(error, Some(Vec::new())));
            (code, message)
        };
        for (error, code, words) in [
            (StoreError::Full, 1502, "storage is full and nothing was carried out"),
            (StoreError::Failed, 1501, "storage failed; whether the request was carried out is unknown"),
            (StoreError::Io(std::io::ErrorKind::Other.into()), 1501, "ask again with the same ids"),
            (StoreError::TooMany { commands_max: 1 }, -32602, "at most 1"),
            (StoreError::NoSuchPosition, -32602, "no fact ends at this position"),
        ] {
            let (result, message) = result(error);
            assert!(result == code && message.contains(words), "{result}: {message}");
        }
        let no_numbers = Error::failed(Cause::RandomNumbers, std::io::Error::other("none"));
        assert_eq!(RpcError::from(&no_numbers).code, -32603);
    }

    #[test]
    fn an_overloaded_bank_has_a_response_code() {
        let error = RpcError::from(&Error::busy(Busy::Overloaded));
        assert_eq!((error.code, error.response_code()), (1403, Some("91")));
    }
}
