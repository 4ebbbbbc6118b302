//! The numeric codes of refusals.

macro_rules! codes {
    ($($name:ident = $number:literal, $meaning:literal;)+) => {
        /// Why a request was refused. Codes never change their meaning; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// The number on the wire.
            #[must_use]
            pub fn number(self) -> i32 {
                match self { $(Code::$name => $number),+ }
            }

            /// What the code means.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning),+ }
            }
        }
    };
}

codes! {
    NotJson = -32700, "the frame is not JSON";
    NotARequest = -32600, "the JSON is not a request, or not one that may come now";
    NoSuchMethod = -32601, "there is no such method";
    BadParameters = -32602, "the parameters do not fit the method";
    HelloRequired = 1001, "hello must come first";
    UnsupportedVersion = 1002, "none of the client's versions is spoken here";
    BadCredentials = 1101, "the account is unknown or the secret is wrong";
    Locked = 1102, "the account is locked after too many wrong tries";
    AccountInUse = 1103, "another session holds the account";
    NotLoggedIn = 1104, "the request needs an account in hand: log in first";
    AlreadyLoggedIn = 1105, "an account is in hand already: log out first";
    SessionExpired = 1106, "the session is over: log in again";
    WeakSecret = 1107, "the new secret is neither a PIN nor a password";
    BadAmount = 1201, "not an amount that can be moved";
    InsufficientFunds = 1202, "more than the account has";
    LimitPassed = 1203, "a balance would pass the largest amount that the bank can hold";
    OtherCurrency = 1204, "the payee's account is in another currency";
    NoSuchPayee = 1205, "no account has the payee's name";
    Frozen = 1206, "an operator forbade movement on one of the accounts";
    SameAccount = 1207, "payer and payee are the same account";
    OutOfCash = 1208, "the terminal does not hold that much cash";
    IdReused = 1301, "the transaction id was used before with other content";
    RateLimited = 1401, "the peer has too many connections or channels";
    ShuttingDown = 1402, "the server is shutting down";
    Overloaded = 1403, "the server has too much to do: try again in a moment";
    StorageFailed = 1501, "the storage failed: whether the request was carried out is unknown";
    StorageFull = 1502, "the storage is full: the request was not carried out";
}

impl Code {
    /// The code of a number, `None` where this version knows none.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinct_and_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(*code));
        }
        assert_eq!(Code::from_number(0), None);
    }
}
