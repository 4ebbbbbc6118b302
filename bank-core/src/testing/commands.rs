//! Random commands that get in each other's way.

use super::Random;
use crate::account::{AccountId, TerminalId};
use crate::auth::{HashCost, Proof, SecretHash};
use crate::ledger::{Command, Memo, TransactionId, Way};
use crate::money::{Amount, Currency};
use crate::session::SessionId;
use crate::time::Timestamp;

const ACCOUNTS: usize = 6;
const SESSIONS: u8 = 2;

/// Commands of every kind for few accounts, sessions and transaction ids, so that many collide,
/// and with amounts, secrets and proofs that are often wrong.
pub struct Commands {
    random: Random,
    ids: usize,
    secrets: [SecretHash; 2],
    proofs: [Proof; 2],
}

impl Commands {
    /// The commands that `random` leads to, with one of `ids` transaction ids each; about a
    /// quarter of the commands to come makes both new ids and used ones frequent.
    pub fn new(random: Random, ids: usize) -> Commands {
        let pins = ["1324", "2413"];
        let secrets = pins.map(|pin| SecretHash::new(&pin.into(), [7; 16], HashCost::LEAST).expect("a PIN"));
        let [first, second] = [0, 1].map(|n: usize| secrets[n].verify(&pins[n].into()).expect("its PIN"));
        Commands { random, ids, secrets, proofs: [first, second] }
    }

    /// Where the commands' randomness comes from, for choices beside them.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// Every account that a command may be about.
    pub fn accounts() -> impl Iterator<Item = AccountId> {
        (0..ACCOUNTS).map(|n| format!("ac-{n}").parse().expect("an account's name"))
    }

    /// Log-outs of every session that may hold an account.
    pub fn log_outs() -> Vec<Command> {
        let log_out = |account| (0..SESSIONS).map(move |n| Command::LogOut { account, session: session(n) });
        Commands::accounts().flat_map(log_out).collect()
    }

    /// What opens an account whose secret is `hash`.
    pub fn proof(&self, hash: &SecretHash) -> Option<Proof> {
        self.proofs.into_iter().find(|proof| proof.opens(Some(hash)))
    }

    /// The next command.
    pub fn command(&mut self) -> Command {
        let (account, session, transaction) = (self.account(), self.session(), self.transaction());
        let (amount, terminal) = (self.amount(), self.terminal());
        match self.random.below(22) {
            0 => Command::Open {
                account,
                currency: self.currency(),
                secret: self.secrets[0],
                balance: amount,
                transaction,
            },
            1 => Command::Load { terminal, currency: self.currency(), amount, transaction },
            2 => Command::Freeze { account, frozen: self.random.below(6) == 0 },
            3 => Command::Unlock { account },
            4 => Command::ChargeTry { account },
            5..9 => Command::LogIn { account, session, proof: self.any_proof() },
            9 => Command::LogOut { account, session },
            10 => Command::Statement {
                account,
                session,
                limit: self.random.below(60),
                before: (self.random.below(2) == 0).then(|| self.random.number() % 400),
            },
            11 if self.random.below(4) == 0 => {
                let secret = self.secrets[self.random.below(2)];
                Command::ChangeSecret { account, session, proof: self.any_proof(), secret }
            }
            11 => Command::Balance { account, session, at: self.instant() },
            12..15 => Command::Move { account, session, transaction, amount, way: Way::Deposit { terminal } },
            15..18 => {
                Command::Move { account, session, transaction, amount, way: Way::Withdraw { terminal } }
            }
            _ => {
                let memo: Option<Memo> =
                    (self.random.below(2) == 0).then(|| "soup, 2 × 3 €".parse().expect("a memo"));
                let way = Way::Transfer { to: self.account(), memo };
                Command::Move { account, session, transaction, amount, way }
            }
        }
    }

    fn account(&mut self) -> AccountId {
        format!("ac-{}", self.random.below(ACCOUNTS)).parse().expect("an account's name")
    }

    fn session(&mut self) -> SessionId {
        session(u8::try_from(self.random.below(usize::from(SESSIONS))).expect("a small number"))
    }

    fn transaction(&mut self) -> TransactionId {
        let text = format!("00000000-0000-8000-8000-{:012x}", 1 + self.random.below(self.ids));
        text.parse().expect("an id")
    }

    fn amount(&mut self) -> Amount {
        let digits = match self.random.below(10) {
            0 => -5,
            1 => 0,
            2 => i64::MAX,
            _ => i64::try_from(self.random.below(5000)).expect("a small number"),
        };
        Amount::new(digits, u8::try_from(self.random.below(4)).expect("a small number")).expect("an amount")
    }

    fn currency(&mut self) -> Currency {
        ["USD", "USD", "JPY", "KWD"][self.random.below(4)].parse().expect("a currency")
    }

    fn terminal(&mut self) -> TerminalId {
        ["vault", "lobby"][self.random.below(2)].parse().expect("a terminal's name")
    }

    /// Mostly the proof that fits most accounts, for secrets change seldom.
    fn any_proof(&mut self) -> Option<Proof> {
        match self.random.below(8) {
            0 => None,
            1..4 => Some(self.proofs[1]),
            _ => Some(self.proofs[0]),
        }
    }

    /// Now, or an instant of the first day after 1970 began.
    fn instant(&mut self) -> Option<Timestamp> {
        let ms = i64::try_from(self.random.below(86_400_000)).expect("a day's milliseconds");
        (self.random.below(2) == 0).then(|| Timestamp::from_unix_ms(ms))
    }
}

fn session(number: u8) -> SessionId {
    SessionId::from_random([number; 16])
}
