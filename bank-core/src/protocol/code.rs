//! The numeric codes of refusals.

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal,)+) => {
        /// Why a request was refused. Codes never change their meaning; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, in ascending order within their families.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// The number on the wire.
            #[must_use]
            pub fn number(self) -> i32 {
                match self { $(Code::$name => $number),+ }
            }

            /// What the code means, in a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The frame is not JSON.
    NotJson = -32700,
    /// The JSON is not a request, or not one that may come now.
    NotARequest = -32600,
    /// There is no such method.
    NoSuchMethod = -32601,
    /// The parameters do not fit the method.
    BadParameters = -32602,
    /// `hello` must come first.
    HelloRequired = 1001,
    /// None of the client's versions is spoken here.
    UnsupportedVersion = 1002,
    /// The account is unknown or the secret is wrong.
    BadCredentials = 1101,
    /// The account is locked after too many wrong tries.
    Locked = 1102,
    /// Another session holds the account.
    AccountInUse = 1103,
    /// The request needs an account in hand: log in first.
    NotLoggedIn = 1104,
    /// An account is in hand already: log out first.
    AlreadyLoggedIn = 1105,
    /// The session is over: log in again.
    SessionExpired = 1106,
    /// The new secret is neither a PIN nor a password.
    WeakSecret = 1107,
    /// Not an amount that can be moved.
    BadAmount = 1201,
    /// More than the account has.
    InsufficientFunds = 1202,
    /// A balance would pass the largest amount that the bank can hold.
    LimitPassed = 1203,
    /// The payee's account is in another currency.
    OtherCurrency = 1204,
    /// No account has the payee's name.
    NoSuchPayee = 1205,
    /// An operator forbade movement on one of the accounts.
    Frozen = 1206,
    /// Payer and payee are the same account.
    SameAccount = 1207,
    /// The terminal does not hold that much cash.
    OutOfCash = 1208,
    /// The transaction id was used before with other content.
    IdReused = 1301,
    /// The peer has too many connections or channels.
    RateLimited = 1401,
    /// The server is shutting down.
    ShuttingDown = 1402,
    /// The server has too much to do: try again in a moment.
    Overloaded = 1403,
    /// The storage failed: whether the request was carried out is unknown.
    StorageFailed = 1501,
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
