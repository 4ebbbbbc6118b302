//! Random commands about few accounts and holds, so that many affect each other.

mod cash;
mod holds;
mod operator;
mod requested_holds;
mod words;

use std::collections::VecDeque;

use requested_holds::RequestedHold;

use super::Random;
use crate::account::{AccountId, TerminalId};
use crate::auth::{ChosenSecret, HashCost, Proof, SecretHash};
use crate::ledger::{
    AccountOpening, Actor, Command, HoldsQuery, Memo, MovementKind, StatementQuery, TransactionId,
    TransferOrder,
};
use crate::money::Currency;
use crate::session::SessionId;
use crate::testing::commands::requested_holds::keep;
use crate::time::Timestamp;

const ACCOUNTS: usize = 6;
const SESSIONS: u8 = 2;

/// Transfers of a transfer batch at most.
const ITEMS_MAX: usize = 4;

/// The first accounts are mostly in dollars, so that transfers between them can be made.
const PEERS: usize = 4;

/// Commands of every kind for few accounts, sessions, terminals and transaction ids, so that many
/// collide, and with amounts, notes, secrets and proofs that are often wrong.
///
/// They remember what was asked lately, though not what was answered: so commands come again, holds
/// get further and movements are taken back. The same random numbers lead to the same commands.
#[derive(Debug)]
pub struct Commands {
    random: Random,
    ids: usize,
    secrets: [SecretHash; 2],
    proofs: [Proof; 2],
    requested: VecDeque<Command>,
    holds: VecDeque<RequestedHold>,
    moved: VecDeque<TransactionId>,
    planned: VecDeque<Command>,
}

impl Commands {
    /// The commands that `random` leads to, with one of `ids` transaction ids each; about a
    /// quarter of the commands to come makes both new ids and used ones frequent.
    pub fn new(random: Random, ids: usize) -> Commands {
        let pins = ["1324", "2413"];
        let secrets = pins.map(|pin| SecretHash::new(&pin.into(), [7; 16], HashCost::LEAST).expect("a PIN"));
        let [first, second] = [0, 1].map(|n: usize| secrets[n].verify(&pins[n].into()).expect("its PIN"));
        let mut commands = Commands {
            random,
            ids,
            secrets,
            proofs: [first, second],
            requested: VecDeque::new(),
            holds: VecDeque::new(),
            moved: VecDeque::new(),
            planned: VecDeque::new(),
        };
        commands.begin();
        commands
    }

    /// Among the first commands there is a customer for every account, and cash at every terminal.
    fn begin(&mut self) {
        for account in Commands::accounts() {
            let open = self.open(account);
            let proof = Some(self.proofs[0]);
            let log_in = Command::LogIn { account, session: favourite(account), proof };
            self.planned.extend([open, log_in]);
        }
        for terminal in ["street", "corner", "lobby", "vault"] {
            let stocked = self.stocked(terminal.parse().expect("a terminal's name"));
            self.planned.extend(stocked);
        }
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
        if self.one_in(2)
            && let Some(planned) = self.planned.pop_front()
        {
            return planned;
        }
        if self.one_in(25) && !self.requested.is_empty() {
            let again = self.random.below(self.requested.len());
            return self.requested[again].clone();
        }
        let command = match self.random.below(120) {
            0..36 => self.movement(),
            36..42 => self.transfer_batch(),
            42..58 => self.authorise(),
            58..76 => self.act_on_hold(),
            76..98 => self.access(),
            98..106 => self.enquiry(),
            _ => self.operation(),
        };
        if let Command::Move { transaction, .. }
        | Command::Open(AccountOpening { balance: Some((transaction, _)), .. }) = &command
        {
            keep(&mut self.moved, *transaction);
        }
        keep(&mut self.requested, command.clone());
        command
    }

    fn holder_or_bank(&mut self, account: AccountId, session: SessionId) -> Actor {
        if self.one_in(8) { Actor::Bank } else { Actor::Holder(account, session) }
    }

    fn movement(&mut self) -> Command {
        let account = self.account();
        let (session, transaction, terminal) = (self.session(account), self.transaction(), self.terminal());
        let mut amount = self.amount();
        let way = match self.random.below(9) {
            0..4 => {
                let notes = if terminal.as_str() == "vault" && !self.one_in(20) {
                    Vec::new()
                } else {
                    let (sum, notes) = self.notes();
                    amount = if self.one_in(20) { amount } else { sum };
                    notes
                };
                MovementKind::Deposit { terminal, notes }
            }
            4..6 => MovementKind::Withdraw { terminal },
            _ => MovementKind::Transfer { to: self.peer(), memo: self.memo() },
        };
        let actor = self.holder_or_bank(account, session);
        Command::Move { account, actor, transaction, amount, way }
    }

    fn transfer_batch(&mut self) -> Command {
        let payer = self.peer();
        let actor = match self.random.below(12) {
            0 => Actor::Terminal(self.terminal()),
            1..6 => Actor::Holder(payer, self.session(payer)),
            _ => Actor::Bank,
        };
        let size = if self.one_in(20) { 0 } else { 1 + self.random.below(ITEMS_MAX) };
        let one_payer = matches!(actor, Actor::Holder(..)) || self.one_in(2);
        let transfers: Vec<TransferOrder> = (0..size)
            .map(|_| TransferOrder {
                transaction: self.transaction(),
                from: if one_payer { payer } else { self.peer() },
                to: self.peer(),
                amount: if self.one_in(12) { self.amount() } else { self.tens(4) },
                memo: self.memo(),
            })
            .collect();
        if let Some(transfer) = transfers.first() {
            keep(&mut self.moved, transfer.transaction);
        }
        let operator = (actor == Actor::Bank && self.one_in(2)).then(words::operator);
        Command::TransferBatch { actor, transfers, dry_run: self.one_in(3), operator }
    }

    fn access(&mut self) -> Command {
        let account = self.account();
        let session = self.session(account);
        match self.random.below(36) {
            0..3 => Command::ChargeTry { account },
            3..28 => {
                let session = if self.one_in(8) { session } else { favourite(account) };
                Command::LogIn { account, session, proof: self.any_proof() }
            }
            28 => Command::LogOut { account, session },
            29..34 => {
                let secret = self.secrets[usize::from(self.one_in(6))];
                let secret = ChosenSecret::unchecked(secret, account);
                Command::ChangeSecret { account, session, proof: self.any_proof(), secret }
            }
            34 => Command::AskKey { terminal: self.terminal() },
            _ => Command::EnterTerminal { terminal: self.terminal(), proof: self.any_proof() },
        }
    }

    fn enquiry(&mut self) -> Command {
        let account = self.account();
        let session = self.session(account);
        let actor = match self.random.below(6) {
            0 => Actor::Bank,
            1 if self.one_in(4) => Actor::Terminal(self.terminal()),
            _ => Actor::Holder(account, session),
        };
        match self.random.below(12) {
            0..5 => {
                let before = self.one_in(2).then(|| self.random.number() % 400);
                let (from, to) = (self.instant(), self.instant());
                let query = StatementQuery { limit: self.random.below(60), before, from, to };
                Command::Statement { account, actor, query }
            }
            5..8 => Command::Balance { account, actor, at: self.instant() },
            8 => Command::Account { account },
            9 => {
                let first = u32::try_from(self.random.below(30)).expect("a small number");
                Command::Accounts { first, limit: self.random.below(50) }
            }
            10 => {
                let account = self.one_in(2).then_some(account);
                let terminal = self.one_in(2).then(|| self.terminal());
                let after = self.one_in(2).then(|| self.transaction());
                Command::Holds(HoldsQuery { account, terminal, after, ..HoldsQuery::default() })
            }
            _ => {
                let after = self.one_in(2).then(|| self.terminal());
                Command::Terminals { after, limit: self.random.below(4) }
            }
        }
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.random.below(chances) == 0
    }

    fn account(&mut self) -> AccountId {
        format!("ac-{}", self.random.below(ACCOUNTS)).parse().expect("an account's name")
    }

    /// An account that money goes to or comes from without a session.
    fn peer(&mut self) -> AccountId {
        if self.one_in(8) {
            return self.account();
        }
        format!("ac-{}", self.random.below(PEERS)).parse().expect("an account's name")
    }

    /// Mostly the account's favourite, so that it gets something done.
    fn session(&mut self, account: AccountId) -> SessionId {
        if self.one_in(8) { session(u8::from(self.one_in(2))) } else { favourite(account) }
    }

    fn transaction(&mut self) -> TransactionId {
        let text = format!("00000000-0000-8000-8000-{:012x}", 1 + self.random.below(self.ids));
        text.parse().expect("an id")
    }

    fn memo(&mut self) -> Option<Memo> {
        self.one_in(2).then(|| "soup, 2 × 3 €".parse().expect("a memo"))
    }

    fn currency(&mut self) -> Currency {
        ["JPY", "KWD", "USD"][self.random.below(9).min(2)].parse().expect("a currency")
    }

    /// Most peers' is USD, so that they can pay each other; the next account's is another one always.
    fn currency_of(&mut self, account: AccountId) -> Currency {
        match Commands::accounts().position(|known| known == account) {
            Some(0..PEERS) if !self.one_in(8) => Currency::USD,
            Some(PEERS) => "JPY".parse().expect("a currency"),
            _ => self.currency(),
        }
    }

    fn terminal(&mut self) -> TerminalId {
        let names = ["vault", "vault", "lobby", "street", "street", "street", "corner", "corner"];
        names[self.random.below(names.len())].parse().expect("a terminal's name")
    }

    /// Mostly the proof that fits most accounts, for secrets change seldom.
    fn any_proof(&mut self) -> Option<Proof> {
        match self.random.below(8) {
            0 => None,
            1..3 => Some(self.proofs[1]),
            _ => Some(self.proofs[0]),
        }
    }

    /// Now, or an instant of the first days after 1970 began.
    fn instant(&mut self) -> Option<Timestamp> {
        let days = 1 + self.random.below(5);
        let ms = i64::try_from(self.random.below(days * 86_400_000)).expect("some days' milliseconds");
        self.one_in(2).then(|| Timestamp::from_unix_ms(ms))
    }
}

fn favourite(account: AccountId) -> SessionId {
    session(account.as_str().bytes().last().unwrap_or_default() % SESSIONS)
}

fn session(number: u8) -> SessionId {
    SessionId::from_random([number; 16])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_determines_the_commands_and_every_kind_comes() {
        let commands = |seed| {
            let mut commands = Commands::new(Random::new(seed), 50);
            (0..5000).map(move |_| format!("{:?}", commands.command())).collect::<Vec<_>>()
        };
        let first = commands(1);
        assert_eq!(first, commands(1));
        assert_ne!(first, commands(2));
        let kinds: BTreeSet<_> =
            first.iter().map(|text| text.split([' ', '{']).next().unwrap_or_default()).collect();
        assert_eq!(kinds.len(), 33, "{kinds:?}");
    }
}
