//! Random commands of operators.

use super::Commands;
use crate::account::{AccountId, Direction, Status};
use crate::auth::ChosenSecret;
use crate::ledger::{AccountOpening, Command, LimitsChange, LimitsRequest, MinimumBalance};
use crate::money::{Amount, Currency};
use crate::testing::commands::requested_holds::keep;
use crate::testing::commands::words::{instruction, operator, reason};

impl Commands {
    pub(super) fn operation(&mut self) -> Command {
        let (account, transaction) = (self.account(), self.transaction());
        let (operator, reason) = (operator(), reason());
        match self.random.below(44) {
            0..3 => self.open(account),
            3..5 => match self.random.below(16) {
                0..3 => {
                    let direction = Direction::ALL[self.random.below(3)];
                    Command::Freeze { account, direction, operator, reason }
                }
                3..12 => {
                    let freeze =
                        self.one_in(3).then(|| u32::try_from(1 + self.random.below(3)).expect("small"));
                    Command::Thaw { account, freeze, operator, reason }
                }
                number => {
                    let status = if number == 15 { Status::Closed } else { Status::Open };
                    Command::SetStatus { account, status, operator, reason }
                }
            },
            5..11 => Command::SetLimits { account, limits: self.limits(), operator, reason },
            11 if self.one_in(3) => {
                let secret = ChosenSecret::unchecked(self.secrets[self.random.below(2)], account);
                Command::SetSecret { account, secret, operator, reason }
            }
            11..15 => Command::Unlock { account, operator, reason },
            15 => Command::EndSession { account, operator, reason },
            16 => {
                let terminal = self.terminal();
                let currency = if self.one_in(5) { self.currency() } else { Currency::USD };
                let key = self.secrets[self.random.below(2)];
                match self.random.below(8) {
                    0..3 => Command::ChangeKey { terminal, key, operator, reason },
                    3..5 => Command::SetTerminal { terminal, enabled: !self.one_in(6), operator, reason },
                    _ => {
                        let (key, instruction) = ((!self.one_in(3)).then_some(key), Some(instruction()));
                        Command::AddTerminal { terminal, currency, key, instruction }
                    }
                }
            }
            17..23 => {
                let original = match self.moved.len() {
                    0 => self.transaction(),
                    _ if self.one_in(8) => self.transaction(),
                    moved => self.moved[self.random.below(moved)],
                };
                let amount = self.one_in(3).then(|| self.tens(5));
                keep(&mut self.moved, transaction);
                Command::Reverse { original, amount, transaction, operator, reason }
            }
            23..27 => {
                let amount = if self.one_in(2) { self.amount() } else { negative(self.random.below(9000)) };
                keep(&mut self.moved, transaction);
                Command::Adjust { account, amount, transaction, operator, reason }
            }
            _ => self.cash(),
        }
    }

    pub(super) fn open(&mut self, account: AccountId) -> Command {
        let (currency, transaction) = (self.currency_of(account), self.transaction());
        let must_change = self.one_in(8);
        let balance = (!self.one_in(3)).then(|| (transaction, self.tens(100)));
        let secret = (!self.one_in(8)).then_some(self.secrets[0]);
        let minimum_balance = match self.random.below(24) {
            0 => Some(MinimumBalance::Unlimited),
            1 => Some(MinimumBalance::Amount(negative(9_000))),
            2 => Amount::new(5, 0).map(MinimumBalance::Amount),
            _ => None,
        };
        let instruction = self.one_in(2).then(instruction);
        Command::Open(AccountOpening {
            secret,
            must_change,
            minimum_balance,
            balance,
            instruction,
            ..AccountOpening::new(account, currency)
        })
    }

    /// Some set, some lifted, and some left as they are.
    fn limits(&mut self) -> LimitsChange {
        if self.one_in(3) {
            return LimitsRequest::default().into();
        }
        let changes = [(); 4].map(|()| !self.one_in(4));
        let minimum_balance = self.one_in(3).then(|| negative(self.random.below(30_000)));
        let minimum_balance = if self.one_in(20) { Amount::new(5, 0) } else { minimum_balance };
        let transaction = self.one_in(4).then(|| self.tens(20));
        let day_amount_max = self.one_in(3).then(|| self.tens(60));
        let day_count_max =
            self.one_in(4).then(|| u32::try_from(self.random.below(10)).expect("a small number"));
        LimitsChange {
            minimum_balance: changes[0].then_some(minimum_balance.map(MinimumBalance::Amount)),
            transaction_max: changes[1].then_some(transaction),
            day_amount_max: changes[2].then_some(day_amount_max),
            day_count_max: changes[3].then_some(day_count_max),
        }
    }
}

/// So many hundredths below zero.
fn negative(hundredths: usize) -> Amount {
    let digits = i64::try_from(hundredths).expect("a small number");
    Amount::new(-digits, 2).expect("an amount")
}
