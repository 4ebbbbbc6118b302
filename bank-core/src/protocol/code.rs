//! The numeric codes of all errors, with their ISO 8583 response codes and messages.

macro_rules! codes {
    ($($name:ident = $number:literal, $response:literal, $meaning:literal;)+) => {
        /// Why a request was refused. Codes never change their meaning; new ones may come.
        ///
        /// 1000s are for terminals, 2000s for operators.
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

            /// The response code that a switch can pass on for it: field 39 of ISO 8583:1987.
            #[must_use]
            pub fn response_code(self) -> &'static str {
                match self { $(Code::$name => $response),+ }
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
    NotJson = -32700, "30", "the frame is not JSON";
    NotARequest = -32600, "30", "the JSON is not a request, or not one that may come now";
    NoSuchMethod = -32601, "30", "there is no such method";
    BadParameters = -32602, "30", "the parameters do not fit the method";
    Internal = -32603, "96", "the server's machine failed: no money was moved";
    HelloRequired = 1001, "12", "hello must come first";
    UnsupportedVersion = 1002, "12", "none of the client's versions is spoken here";
    BadCredentials = 1101, "55", "the account is unknown or the secret is wrong";
    Locked = 1102, "75", "the account is locked after too many wrong tries";
    AccountInUse = 1103, "28", "another session holds the account";
    NotLoggedIn = 1104, "57", "the request needs a session: log in first";
    AlreadyLoggedIn = 1105, "57", "the channel has a session already: log out first";
    SessionExpired = 1106, "57", "the session is over: log in again";
    WeakSecret = 1107, "30", "the new secret is neither a PIN nor a password, or too easy to guess";
    MustChangeSecret = 1108, "57", "the bank set the secret: change it first";
    BadTerminal = 1109, "58", "the terminal is unknown or its key is wrong";
    TerminalDisabled = 1110, "58", "the terminal is out of service";
    BadAmount = 1201, "13", "not an amount that can be moved";
    InsufficientFunds = 1202, "51", "more than the account has";
    LimitPassed = 1203, "13", "a balance would pass the largest amount that the bank can hold";
    OtherCurrency = 1204, "57", "the payee's account is in another currency";
    NoSuchPayee = 1205, "14", "no account has the payee's name";
    Frozen = 1206, "62", "an operator forbade movement on one of the accounts";
    SameAccount = 1207, "12", "payer and payee are the same account";
    OutOfCash = 1208, "13", "the terminal does not hold that much cash";
    Closed = 1209, "62", "one of the accounts is closed";
    TransactionLimit = 1210, "61", "more than one transaction may take out of the account";
    DayAmountLimit = 1211, "61", "more than may be taken out of the account in a day";
    DayCountLimit = 1212, "65", "no more may be taken out of the account that day";
    NotesUnavailable = 1213, "13", "the terminal's notes can't make the amount, or not with 40 of them";
    BadNotes = 1214, "30", "the notes are none, do not add up, or are not those of what is asked";
    NotesCounted = 1215, "58", "the terminal counts its notes: authorise, order and report what came out";
    BadTransferBatch = 1216, "30", "a transfer batch without transfers, or with too many";
    NotesNotThere = 1217, "58", "the notes to be taken out are not in the terminal";
    NotesUnsuited = 1218, "30", "a terminal can't hold these notes together";
    CashNotCounted = 1219, "58", "the terminal's cash was loaded as an amount, and not note by note";
    BatchIncomplete = 1220, "30", "a part of the batch is missing, repeated or changed: send all of it again";
    IdTwice = 1221, "30", "two transfers of a transfer batch have one id";
    IdReused = 1301, "30", "the transaction id was used before with other content";
    RateLimited = 1401, "91", "the peer has too many connections or channels";
    ShuttingDown = 1402, "91", "the server is shutting down";
    Overloaded = 1403, "91", "the server has too much to do: try again in a moment";
    StorageFailed = 1501, "96", "the storage failed: whether the request was carried out is unknown";
    StorageFull = 1502, "96", "the storage is full: the request was not carried out";
    NoSuchHold = 1601, "25", "no hold has this id";
    HoldCaptured = 1602, "94", "the hold was captured before";
    HoldVoided = 1603, "94", "the hold was voided before";
    HoldExpired = 1604, "68", "the hold's time was over";
    HoldExceeded = 1605, "13", "more than the hold has";
    DispenseOrdered = 1606, "12", "the dispense was ordered: report what came out";
    DispenseNotOrdered = 1607, "12", "the dispense was not ordered: order the dispense first";
    DispenseSuspect = 1608, "68", "it is not known what came out";
    WrongStep = 1609, "12", "the hold is not for that";
    TooManyHolds = 1610, "65", "as many holds are open on the account as it may have";
    AccountExists = 2001, "26", "an account with this name exists";
    NoSuchAccount = 2002, "14", "no account has this name";
    AccountNotEmpty = 2003, "12", "the account is not at zero";
    AccountHasHolds = 2004, "12", "the account has open holds";
    BadLimits = 2005, "27", "not limits that the account can have";
    NoSuchTransaction = 2006, "25", "no transaction has this id";
    AlreadyReversed = 2007, "94", "the transaction was reversed before";
    NotReversible = 2008, "12", "transactions of this kind can't be reversed";
    ReversalExceeds = 2009, "13", "more than the transaction moved";
    TerminalExists = 2010, "26", "a terminal with this name exists";
    NoSuchTerminal = 2011, "25", "no terminal has this name";
    DispenseUnderway = 2012, "28", "a dispense is under way at the terminal";
    WeakKey = 2013, "30", "the terminal's key is too easy to guess";
    ReasonNeeded = 2014, "30", "a reason is needed";
    NoSuchFreeze = 2015, "25", "the account has no freeze of this number";
    TooManyFreezes = 2016, "29", "the account has as many freezes as it may have";
    NoSuchCurrency = 2017, "12", "the bank, or the terminal, does not count in this currency or unit";
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
    use crate::ledger::{Decline, Field, NotesFault};
    use crate::protocol::RpcError;

    #[test]
    fn numbers_are_distinct_and_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(*code));
        }
        assert_eq!(Code::from_number(0), None);
    }

    /// One of each; a new kind does not compile until it is listed here.
    fn declines() -> Vec<Decline> {
        use Decline::*;

        let amount = "1.00".parse().unwrap();
        let all = vec![
            BadCredentials,
            Locked,
            AccountInUse,
            SessionExpired,
            WeakSecret,
            MustChangeSecret,
            BadTerminal,
            TerminalDisabled,
            IdReused { field: Field::Amount },
            BadAmount,
            SameAccount,
            NoSuchPayee,
            OtherCurrency,
            Frozen,
            Closed,
            TransactionLimit { limit: amount },
            DayAmountLimit { limit: amount, left: amount, day: Default::default() },
            DayCountLimit { limit: 1, day: Default::default() },
            InsufficientFunds { available: amount },
            OutOfCash { largest: amount },
            NotesUnavailable { lower: None, higher: None },
            BadNotes { fault: NotesFault::NotNotes },
            NotesNotThere,
            NotesUnsuited,
            CashNotCounted,
            NotesCounted,
            LimitPassed,
            NoSuchHold,
            HoldCaptured,
            HoldVoided,
            HoldExpired,
            HoldExceeded { held: amount },
            DispenseOrdered,
            DispenseNotOrdered,
            DispenseSuspect,
            WrongStep,
            TooManyHolds { holds_max: 1 },
            BadTransferBatch { transfers_max: 1 },
            IdTwice { transfers: [1, 2] },
            AccountExists { field: Field::Currency },
            NoSuchAccount,
            AccountNotEmpty { balance: amount },
            AccountHasHolds,
            BadLimits,
            NoSuchTransaction,
            AlreadyReversed,
            NotReversible,
            ReversalExceeds { amount },
            TerminalExists,
            NoSuchTerminal,
            DispenseUnderway,
            WeakKey,
            ReasonNeeded,
            NoSuchFreeze,
            TooManyFreezes { freezes_max: 1 },
            NoSuchCurrency,
        ];
        for decline in &all {
            match decline {
                BadCredentials
                | Locked
                | AccountInUse
                | SessionExpired
                | WeakSecret
                | MustChangeSecret
                | BadTerminal
                | TerminalDisabled
                | IdReused { .. }
                | BadAmount
                | SameAccount
                | NoSuchPayee
                | OtherCurrency
                | Frozen
                | Closed
                | TransactionLimit { .. }
                | DayAmountLimit { .. }
                | DayCountLimit { .. }
                | InsufficientFunds { .. }
                | OutOfCash { .. }
                | NotesUnavailable { .. }
                | BadNotes { .. }
                | NotesNotThere
                | NotesUnsuited
                | CashNotCounted
                | NotesCounted
                | LimitPassed
                | NoSuchHold
                | HoldCaptured
                | HoldVoided
                | HoldExpired
                | HoldExceeded { .. }
                | DispenseOrdered
                | DispenseNotOrdered
                | DispenseSuspect
                | WrongStep
                | TooManyHolds { .. }
                | BadTransferBatch { .. }
                | IdTwice { .. }
                | InTransferBatch { .. }
                | Other { .. }
                | AccountExists { .. }
                | NoSuchAccount
                | AccountNotEmpty { .. }
                | AccountHasHolds
                | BadLimits
                | NoSuchTransaction
                | AlreadyReversed
                | NotReversible
                | ReversalExceeds { .. }
                | TerminalExists
                | NoSuchTerminal
                | DispenseUnderway
                | WeakKey
                | ReasonNeeded
                | NoSuchFreeze
                | TooManyFreezes { .. }
                | NoSuchCurrency => {}
            }
        }
        all
    }

    #[test]
    fn every_decline_has_a_code_and_its_response_code() {
        let of_the_protocol = [1001, 1002, 1104, 1105, 1220];
        let codes = Code::ALL.iter().filter(|code| {
            let number = code.number();
            number > 1000 && !(1400..1600).contains(&number) && !of_the_protocol.contains(&number)
        });
        let mut unused: Vec<Code> = codes.copied().collect();
        for decline in declines() {
            let code = Code::from_number(decline.code().into());
            let code = code.unwrap_or_else(|| panic!("{decline:?} has no code"));
            assert_eq!(code.response_code(), decline.response_code(), "{decline:?}");
            assert!(unused.contains(&code), "{decline:?} has the code of another");
            unused.retain(|other| *other != code);
            let second = Decline::InTransferBatch { number: 2, why: Box::new(decline.clone()) };
            assert_eq!((second.code(), second.response_code()), (decline.code(), decline.response_code()));
        }
        assert!(unused.is_empty(), "nobody declines with {unused:?}");
    }

    #[test]
    fn every_decline_is_read_back_from_the_wire() {
        let amount = "1.00".parse().unwrap();
        let faults = [
            NotesFault::OtherSum { notes: amount, amount },
            NotesFault::Needed,
            NotesFault::NotCounted,
            NotesFault::RejectBin,
            NotesFault::OfNothing,
            NotesFault::OtherCurrency { currency: crate::money::Currency::USD },
            NotesFault::OtherNotes,
        ];
        let faults = faults.map(|fault| Decline::BadNotes { fault });
        let fields = Field::ALL.map(|field| Decline::IdReused { field });
        for decline in declines().into_iter().chain(faults).chain(fields) {
            assert_eq!(RpcError::from(&decline).decline(), decline);
            if !matches!(decline, Decline::IdTwice { .. } | Decline::BadTransferBatch { .. }) {
                let second = Decline::InTransferBatch { number: 2, why: Box::new(decline) };
                assert_eq!(RpcError::from(&second).decline(), second);
            }
        }
        let newer = RpcError { code: 1999, message: "something new".to_owned(), data: None };
        assert_eq!(newer.decline(), Decline::Other { code: 1999, message: "something new".into() });
    }
}
