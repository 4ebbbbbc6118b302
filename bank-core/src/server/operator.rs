//! What the bank's operators ask, carried out.

mod transfer_batch;

use transfer_batch::Parts;

use crate::account::{AccountId, Status, TerminalId};
use crate::bank::{Bank, BankError};
use crate::books::TrialBalance;
use crate::ledger::{
    AccountPage, Cash, Decline, HoldAction, HoldPage, HoldState, HoldsQuery, LISTED_MAX, LimitsChange,
    NewAccount, Receipt, STATEMENT_ENTRIES_DEFAULT, Settlement, Span, TransactionId,
};
use crate::money::{Amount, Currency};
use crate::notes::NoteCount;
use crate::operator::{Instruction, Operator};
use crate::protocol::{
    AddAccountParams, AddAccountResult, AdminRequest, CloseDayParams, Code, CountCashParams, CurrencyTotals,
    EmptyResult, FreezeResult, HoldResolution, ListAccountsParams, ListHoldsParams, LoadCashParams,
    RequestId, ResolveHoldParams, RpcError, SetLimitsParams, TrialBalanceResult, UnloadCashParams,
    encode_result,
};
use crate::server::parameters::{customers, encoded, read, read_some, size};

/// Accounts looked at for one answer to `admin.session.list`; it answers where to go on.
const SESSIONS_LOOKED_FOR_MAX: u32 = 4_000;

/// An operator at a channel.
pub(super) struct OperatorHandler {
    bank: Bank,
    operator: Operator,
    /// The first parts of a transfer batch whose others are still to come.
    parts: Option<Parts>,
}

impl OperatorHandler {
    pub(super) fn new(bank: Bank, operator: Operator) -> OperatorHandler {
        OperatorHandler { bank, operator, parts: None }
    }

    pub(super) async fn handle(
        &mut self,
        id: &RequestId,
        request: AdminRequest,
    ) -> Result<Vec<u8>, RpcError> {
        match request {
            AdminRequest::TransferBatch(asked) => {
                let made = transfer_batch::handle(&self.bank, &self.operator, &mut self.parts, asked).await?;
                Ok(encode_result(id, &made))
            }
            request => {
                self.drop_parts();
                says_how_much(&request)?;
                self.answer(id, request).await
            }
        }
    }

    /// Forgets the parts of a batch that have come: what came now is not its next part.
    pub(super) fn drop_parts(&mut self) {
        self.parts = None;
    }

    async fn answer(&self, id: &RequestId, request: AdminRequest) -> Result<Vec<u8>, RpcError> {
        answer(&self.bank, &self.operator, id, request).await.map_err(|error| RpcError::from(&error))
    }
}

async fn answer(
    bank: &Bank,
    operator: &Operator,
    id: &RequestId,
    request: AdminRequest,
) -> Result<Vec<u8>, BankError> {
    use AdminRequest::*;

    let operator = || operator.clone();
    let done = |result: Result<(), BankError>| encoded(id, result.map(|()| EmptyResult {}));
    match request {
        AddAccount(new) => {
            encoded(id, open(bank, new, operator()).await.map(|receipt| AddAccountResult { receipt }))
        }
        ShowAccount(asked) => encoded(id, bank.account(any(&asked.account)?).await),
        ListAccounts(asked) => {
            encoded(id, bank.accounts(asked.first.unwrap_or(0), size(asked.limit, LISTED_MAX)).await)
        }
        Freeze(asked) => {
            let account = customers(&asked.account)?;
            let frozen = bank.freeze(account, asked.direction, operator(), asked.reason).await;
            encoded(id, frozen.map(|freeze| FreezeResult { freeze }))
        }
        Thaw(asked) => {
            done(bank.thaw(customers(&asked.account)?, asked.freeze, operator(), asked.reason).await)
        }
        Close(asked) => {
            let account = customers(&asked.account)?;
            done(bank.set_status(account, Status::Closed, operator(), asked.reason).await)
        }
        Reopen(asked) => {
            let account = customers(&asked.account)?;
            done(bank.set_status(account, Status::Open, operator(), asked.reason).await)
        }
        SetLimits(asked) => {
            let (account, limits) = (customers(&asked.account)?, limits(&asked)?);
            done(bank.set_limits(account, limits, operator(), asked.reason).await)
        }
        ResetSecret(asked) => {
            let account = customers(&asked.account)?;
            let secret = bank.hash_chosen(&account, asked.secret).await?;
            done(bank.set_secret(account, secret, operator(), asked.reason).await)
        }
        Unlock(asked) => done(bank.unlock(customers(&asked.account)?, operator(), asked.reason).await),
        Statement(asked) => {
            let limit = size(asked.limit, STATEMENT_ENTRIES_DEFAULT);
            let span = Span { limit, before: asked.before, from: asked.from, to: asked.to };
            encoded(id, bank.statement_of(any(&asked.account)?, span).await)
        }
        Balance(asked) => encoded(id, bank.balance_of(any(&asked.account)?, asked.at).await),
        ListSessions(asked) => encoded(id, sessions(bank, asked).await),
        EndSession(asked) => {
            done(bank.end_session(customers(&asked.account)?, operator(), asked.reason).await)
        }
        AddTerminal(new) => {
            let key = bank.hash_key(new.key).await?;
            let currency = new.currency.unwrap_or(bank.policy().currency);
            let instruction = Instruction { operator: operator(), reason: new.reason };
            done(bank.add_terminal(new.terminal, currency, Some(key), Some(instruction)).await)
        }
        ChangeKey(asked) => {
            let key = bank.hash_key(asked.key).await?;
            done(bank.change_key(asked.terminal, key, operator(), asked.reason).await)
        }
        EnableTerminal(asked) => {
            done(bank.set_terminal(asked.terminal, true, operator(), asked.reason).await)
        }
        DisableTerminal(asked) => {
            done(bank.set_terminal(asked.terminal, false, operator(), asked.reason).await)
        }
        ListTerminals(asked) => {
            let limit = size(asked.limit, LISTED_MAX);
            encoded(id, bank.list_terminals(asked.after, limit).await)
        }
        Load(LoadCashParams { terminal, transaction, currency, amount, notes, reason }) => {
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(
                id,
                bank.for_terminal(terminal)
                    .load(transaction, cash, Some(Instruction { operator: operator(), reason }))
                    .await,
            )
        }
        Unload(UnloadCashParams { terminal, transaction, currency, amount, notes, reason }) => {
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(id, bank.for_terminal(terminal).unload(transaction, cash, operator(), reason).await)
        }
        Count(CountCashParams { terminal, currency, amount, notes, reject_bin }) => {
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(id, bank.for_terminal(terminal).count(cash, reject_bin, None).await)
        }
        CloseDay(asked) => {
            let CloseDayParams { terminal, transaction, currency, amount, notes, reject_bin, reason } = asked;
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(id, {
                let close = Some((transaction, Instruction { operator: operator(), reason }));
                bank.for_terminal(terminal).count(cash, reject_bin, close).await
            })
        }
        ListHolds(asked) => encoded(id, holds(bank, &asked).await),
        ResolveHold(asked) => encoded(id, resolve(bank, asked, operator()).await),
        Reverse(asked) => {
            let amount = read_some(asked.amount.as_ref())?;
            encoded(
                id,
                bank.reverse(asked.original, amount, asked.transaction, operator(), asked.reason).await,
            )
        }
        Adjust(asked) => {
            let (account, amount) = (customers(&asked.account)?, read(&asked.amount)?);
            encoded(id, bank.adjust(account, amount, asked.transaction, operator(), asked.reason).await)
        }
        TransferBatch(_) => unreachable!("carried out by the desk"),
        TrialBalance(_) => {
            let lines = bank.trial_balance().await?;
            let clock = bank.clock();
            let sums = TrialBalanceResult {
                trial_balances: lines.iter().map(sum).collect(),
                clock_jumps: Some(clock.jumps).filter(|jumps| *jumps > 0),
                clock_ahead_seconds: clock.ahead_seconds(),
            };
            encoded(id, Ok(sums))
        }
        Hello(_) | Ping(_) => unreachable!("carried out for every role"),
    }
}

/// An account that may be the bank's own: to be looked at.
fn any(name: &str) -> Result<AccountId, Decline> {
    AccountId::from_recorded(name).ok_or(Decline::NoSuchAccount)
}

async fn open(bank: &Bank, new: AddAccountParams, operator: Operator) -> Result<Option<Receipt>, BankError> {
    let AddAccountParams { account, currency, secret, balance, must_change, transaction, reason } = new;
    let currency = currency.unwrap_or(bank.policy().currency);
    let balance = read(balance.as_deref().unwrap_or("0"))?;
    let secret = bank.hash_chosen(&account, secret).await?.hash();
    let must_change = must_change.unwrap_or(true);
    let instruction = Some(Instruction { operator, reason });
    let transaction = transaction.unwrap_or_else(TransactionId::generate);
    bank.add_account(NewAccount { account, currency, secret, must_change, balance, transaction, instruction })
        .await
}

fn limits(asked: &SetLimitsParams) -> Result<LimitsChange, Decline> {
    let read = |amount: &Option<Option<String>>| -> Result<Option<Option<Amount>>, Decline> {
        let read = |amount: &Option<String>| read_some(amount.as_ref());
        amount.as_ref().map(read).transpose().map_err(|_| Decline::BadLimits)
    };
    Ok(LimitsChange {
        minimum_balance: read(&asked.minimum_balance)?,
        transaction_max: read(&asked.transaction_max)?,
        day_amount_max: read(&asked.day_amount_max)?,
        day_count_max: asked.day_count_max,
    })
}

async fn sessions(bank: &Bank, asked: ListAccountsParams) -> Result<AccountPage, BankError> {
    let limit = size(asked.limit, LISTED_MAX).clamp(1, LISTED_MAX);
    let mut first = asked.first.unwrap_or(0);
    let end = first.saturating_add(SESSIONS_LOOKED_FOR_MAX);
    let mut accounts = Vec::new();
    while first < end {
        let page = bank.accounts(first, LISTED_MAX).await?;
        for (account, number) in page.accounts.into_iter().zip(first..) {
            if account.in_use {
                if accounts.len() == limit {
                    return Ok(AccountPage { accounts, next: Some(number) });
                }
                accounts.push(account);
            }
        }
        match page.next {
            Some(next) => first = next,
            None => return Ok(AccountPage { accounts, next: None }),
        }
    }
    Ok(AccountPage { accounts, next: Some(first) })
}

/// The cash that is meant, in the terminal's own currency unless another is named.
async fn cash(
    bank: &Bank,
    terminal: TerminalId,
    currency: Option<Currency>,
    amount: Option<&String>,
    notes: Vec<NoteCount>,
) -> Result<Cash, BankError> {
    let amount = read_some(amount)?;
    let currency = match currency {
        Some(currency) => currency,
        None => {
            let known = bank.terminals().await?.into_iter().find(|known| known.terminal == terminal);
            known.map_or(bank.policy().currency, |known| known.currency)
        }
    };
    Ok(Cash { currency, amount, notes })
}

async fn holds(bank: &Bank, asked: &ListHoldsParams) -> Result<HoldPage, BankError> {
    let account = asked.account.as_deref().map(any).transpose()?;
    let limit = asked.limit.map(|limit| size(Some(limit), LISTED_MAX));
    let query = HoldsQuery {
        account,
        terminal: asked.terminal,
        state: asked.state,
        before: asked.before,
        after: asked.after,
        limit,
    };
    bank.holds(query).await
}

/// Refuses a request that leaves an amount open which nothing else says.
fn says_how_much(request: &AdminRequest) -> Result<(), RpcError> {
    let (amount, notes) = match request {
        AdminRequest::ResolveHold(asked) => return fits_step(asked),
        AdminRequest::ListHolds(ListHoldsParams {
            state: Some(HoldState::Captured | HoldState::Voided),
            ..
        }) => {
            let over = "bad params: holds are listed that are authorised, ordered, suspect or disputed";
            return Err(RpcError::because(Code::BadParameters, over));
        }
        AdminRequest::AddAccount(new) => {
            let is_zero = |balance: &str| balance.parse::<Amount>().is_ok_and(|amount| amount.is_zero());
            return if new.transaction.is_some() || new.balance.as_deref().is_none_or(is_zero) {
                Ok(())
            } else {
                let missing = "bad params: a balance moves money, so it needs a transaction";
                Err(RpcError::because(Code::BadParameters, missing))
            };
        }
        AdminRequest::Thaw(asked) => {
            return if asked.freeze.is_some() != asked.all.unwrap_or(false) {
                Ok(())
            } else {
                Err(RpcError::because(Code::BadParameters, "bad params: thaw takes a freeze, or all"))
            };
        }
        AdminRequest::Load(cash) => (&cash.amount, &cash.notes),
        AdminRequest::Unload(cash) => (&cash.amount, &cash.notes),
        AdminRequest::Count(counted) => (&counted.amount, &counted.notes),
        AdminRequest::CloseDay(counted) => (&counted.amount, &counted.notes),
        _ => return Ok(()),
    };
    if amount.is_none() && notes.is_empty() {
        let missing = "bad params: an amount or notes are needed; for no cash at all the amount is zero";
        return Err(RpcError::because(Code::BadParameters, missing));
    }
    Ok(())
}

/// Refuses what a step has no use for, since its sender means another step, and a step that
/// does not say how much.
fn fits_step(asked: &ResolveHoldParams) -> Result<(), RpcError> {
    let (all, unknown) = (asked.all.unwrap_or(false), asked.unknown.unwrap_or(false));
    let notes = asked.notes.is_some() || asked.undispensed_notes.is_some();
    let amounts = [asked.amount.is_some(), all, unknown].into_iter().filter(|given| *given).count();
    let wrong = match asked.resolution {
        HoldResolution::Capture if notes || unknown => {
            "bad params: a payment is captured without notes, rest or unknown"
        }
        HoldResolution::Capture if amounts != 1 => "bad params: capture takes an amount, or all",
        HoldResolution::Dispensed if all && notes => {
            "bad params: all of it came out, so name no notes and no rest"
        }
        HoldResolution::Dispensed if amounts != 1 => "bad params: dispensed takes an amount, all or unknown",
        HoldResolution::Void if amounts > 0 || notes => {
            "bad params: a hold is voided without amount, all, unknown, notes or rest"
        }
        _ => return Ok(()),
    };
    Err(RpcError::because(Code::BadParameters, wrong))
}

async fn resolve(bank: &Bank, asked: ResolveHoldParams, operator: Operator) -> Result<Settlement, BankError> {
    let ResolveHoldParams { hold, resolution, amount, all, notes, undispensed_notes, reason, .. } = asked;
    let amount = read_some(amount.as_ref())?;
    let step = match resolution {
        HoldResolution::Capture => HoldAction::Capture { amount },
        HoldResolution::Void => HoldAction::Void,
        HoldResolution::Dispensed if all.unwrap_or(false) => HoldAction::DispensedInFull,
        HoldResolution::Dispensed => HoldAction::Dispensed {
            amount,
            notes: notes.unwrap_or_default(),
            undispensed_notes: undispensed_notes.unwrap_or_default(),
        },
    };
    bank.resolve(hold, step, operator, reason).await
}

fn sum(line: &TrialBalance) -> CurrencyTotals {
    let written = |minor| written(minor, line.currency);
    let accounts = u64::try_from(line.accounts).unwrap_or(u64::MAX);
    CurrencyTotals {
        currency: line.currency,
        accounts,
        debits: written(line.debits),
        credits: written(line.credits),
    }
}

/// Minor units as people write them; sums over all accounts may pass what an [`Amount`] can hold.
fn written(minor: i128, currency: Currency) -> String {
    let (sign, digits) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    let one = 10_u128.pow(currency.exponent().into());
    let (whole, part) = (digits / one, digits % one);
    match usize::from(currency.exponent()) {
        0 => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{part:0decimals$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_with_all_decimals() {
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(written(0, Currency::USD), "0.00");
        assert_eq!(written(-5, Currency::USD), "-0.05");
        assert_eq!(written(123_456, yen), "123456");
        assert_eq!(written(i128::from(i64::MAX) * 2, Currency::USD), "184467440737095516.14");
    }
}
