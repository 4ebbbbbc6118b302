//! Converts the bank's errors to those of the protocol.

use crate::bank::BankError;
use crate::protocol::{Code, RpcError};

impl From<&BankError> for RpcError {
    fn from(error: &BankError) -> Self {
        match (error, Code::from_number(error.code())) {
            (BankError::Declined(decline), _) => RpcError::from(decline),
            (_, Some(code)) => RpcError::because(code, error.to_string()),
            (_, None) => RpcError::new(Code::StorageFailed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn code_and_words_of_a_store_that_did_not_decide_agree() {
        let result = |error: StoreError| {
            let RpcError { code, message, .. } = RpcError::from(&BankError::from(error));
            (code, message)
        };
        for (error, code, words) in [
            (StoreError::Full, 1502, "storage is full and nothing was carried out"),
            (StoreError::Failed, 1501, "storage failed; ask again with the same transaction id"),
            (StoreError::Io(std::io::ErrorKind::Other.into()), 1501, "storage failed; ask again"),
            (StoreError::TooMany { commands_max: 1 }, -32602, "nothing was carried out"),
            (StoreError::NoSuchPosition, -32602, "no position"),
        ] {
            let (result, message) = result(error);
            assert!(result == code && message.contains(words), "{result}: {message}");
        }
        let no_numbers = BankError::Randomness(std::io::ErrorKind::Other.into());
        assert_eq!(RpcError::from(&no_numbers).code, -32603);
    }

    #[test]
    fn an_overloaded_bank_has_a_response_code() {
        let error = RpcError::from(&BankError::Overloaded);
        assert_eq!((error.code, error.response_code()), (1403, Some("91")));
    }
}
