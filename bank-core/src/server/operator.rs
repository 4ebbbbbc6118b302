//! Answers the requests of operators.

mod transfer_batch;

use transfer_batch::Parts;

use crate::account::{AccountId, Status, TerminalId};
use crate::bank::{Adjustment, Bank, NewAccount, Opened, Reversal};
use crate::books::TrialBalance;
use crate::error::Error;
use crate::ledger::{
    AccountPage, Cash, Decline, HoldAction, HoldPage, HoldState, HoldsQuery, LISTED_MAX, LimitsChange,
    MinimumBalance, STATEMENT_ENTRIES_DEFAULT, Settlement, StatementQuery,
};
use crate::money::{Amount, AmountError, CurrencyCode, total_text};
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
            AdminRequest::TransferBatch(params) => {
                let made =
                    transfer_batch::handle(&self.bank, &self.operator, &mut self.parts, params).await?;
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
) -> Result<Vec<u8>, Error> {
    use AdminRequest::*;

    let operator = || operator.clone();
    let done = |result: Result<(), Error>| encoded(id, result.map(|()| EmptyResult {}));
    match request {
        AddAccount(new) => {
            let opened = open(bank, new, operator()).await;
            let result = |opened: Opened| AddAccountResult {
                receipt: opened.receipt,
                replayed: opened.replayed.then_some(true),
            };
            encoded(id, opened.map(result))
        }
        ShowAccount(params) => encoded(id, bank.account(any(&params.account)?).await),
        ListAccounts(params) => {
            encoded(id, bank.accounts(params.first.unwrap_or(0), size(params.limit, LISTED_MAX)).await)
        }
        Freeze(params) => {
            let account = customers(&params.account)?;
            let frozen = bank.freeze(account, params.direction, (operator(), params.reason)).await;
            encoded(id, frozen.map(|freeze| FreezeResult { freeze }))
        }
        Thaw(params) => {
            done(bank.thaw(customers(&params.account)?, params.freeze, (operator(), params.reason)).await)
        }
        Close(params) => {
            let account = customers(&params.account)?;
            done(bank.set_status(account, Status::Closed, (operator(), params.reason)).await)
        }
        Reopen(params) => {
            let account = customers(&params.account)?;
            done(bank.set_status(account, Status::Open, (operator(), params.reason)).await)
        }
        SetLimits(params) => {
            let (account, limits) = (customers(&params.account)?, limits(&params)?);
            done(bank.set_limits(account, limits, (operator(), params.reason)).await)
        }
        ResetSecret(params) => {
            let account = customers(&params.account)?;
            done(bank.set_secret(account, params.secret, (operator(), params.reason)).await)
        }
        Unlock(params) => done(bank.unlock(customers(&params.account)?, (operator(), params.reason)).await),
        Statement(params) => {
            let limit = size(params.limit, STATEMENT_ENTRIES_DEFAULT);
            let query = StatementQuery { limit, before: params.before, from: params.from, to: params.to };
            encoded(id, bank.statement(any(&params.account)?, query).await)
        }
        Balance(params) => {
            let account = any(&params.account)?;
            encoded(
                id,
                match params.at {
                    None => bank.balance(account).await,
                    Some(at) => bank.balance_at(account, at).await,
                },
            )
        }
        ListSessions(params) => encoded(id, sessions(bank, params).await),
        EndSession(params) => {
            done(bank.end_session(customers(&params.account)?, (operator(), params.reason)).await)
        }
        AddTerminal(new) => {
            let key = bank.hash_key(new.key).await?;
            let currency = new.currency.unwrap_or(bank.policy().currency.into());
            let instruction = Instruction { operator: operator(), reason: new.reason };
            done(bank.add_terminal(new.terminal, currency, Some(key), Some(instruction)).await)
        }
        ChangeKey(params) => {
            let key = bank.hash_key(params.key).await?;
            done(bank.change_key(params.terminal, key, (operator(), params.reason)).await)
        }
        EnableTerminal(params) => {
            done(bank.set_terminal(params.terminal, true, (operator(), params.reason)).await)
        }
        DisableTerminal(params) => {
            done(bank.set_terminal(params.terminal, false, (operator(), params.reason)).await)
        }
        ListTerminals(params) => {
            let limit = size(params.limit, LISTED_MAX);
            encoded(id, bank.list_terminals(params.after, limit).await)
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
            encoded(id, bank.for_terminal(terminal).unload(transaction, cash, (operator(), reason)).await)
        }
        Count(CountCashParams { terminal, currency, amount, notes, reject_bin }) => {
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(id, bank.for_terminal(terminal).count(cash, reject_bin, None).await)
        }
        CloseDay(params) => {
            let CloseDayParams { terminal, transaction, currency, amount, notes, reject_bin, reason } =
                params;
            let cash = cash(bank, terminal, currency, amount.as_ref(), notes).await?;
            encoded(id, {
                let close = Some((transaction, Instruction { operator: operator(), reason }));
                bank.for_terminal(terminal).count(cash, reject_bin, close).await
            })
        }
        ListHolds(params) => encoded(id, holds(bank, &params).await),
        ResolveHold(params) => encoded(id, resolve(bank, params, operator()).await),
        Reverse(params) => {
            let amount = read_some(params.amount.as_ref())?;
            let by = (operator(), params.reason);
            let reversal = Reversal::new(params.transaction, by).original(params.original);
            encoded(id, bank.reverse(amount.into_iter().fold(reversal, Reversal::amount)).await)
        }
        Adjust(params) => {
            let (account, amount) = (customers(&params.account)?, read(&params.amount)?);
            let by = (operator(), params.reason);
            encoded(id, bank.adjust(Adjustment::new(params.transaction, amount, by).account(account)).await)
        }
        TransferBatch(_) => unreachable!("handled with the parts of a batch"),
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

async fn open(bank: &Bank, params: AddAccountParams, operator: Operator) -> Result<Opened, Error> {
    let instruction = Instruction { operator, reason: params.reason };
    let currency = params.currency.unwrap_or(bank.policy().currency.into());
    let mut new = NewAccount::new(params.account, currency).by(instruction);
    if let Some(secret) = params.secret {
        new = new.secret(secret);
        if params.must_change.unwrap_or(true) {
            new = new.must_change_secret();
        }
    }
    match params.minimum_balance.as_deref().map(str::parse).transpose().map_err(|_| Decline::BadLimits)? {
        Some(MinimumBalance::Unlimited) => new = new.without_minimum(),
        Some(MinimumBalance::Amount(minimum)) => new = new.minimum_balance(minimum),
        None => {}
    }
    let balance = read_some(params.balance.as_ref())?;
    if let (Some(transaction), Some(balance)) = (params.transaction, balance) {
        new = new.opening_balance(transaction, balance);
    }
    bank.open_account(new).await
}

fn limits(params: &SetLimitsParams) -> Result<LimitsChange, Decline> {
    let read = |amount: &Option<Option<String>>| -> Result<Option<Option<Amount>>, Decline> {
        let read = |amount: &Option<String>| read_some(amount.as_ref());
        amount.as_ref().map(read).transpose().map_err(|_| Decline::BadLimits)
    };
    let minimum = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
    let minimum_balance = params.minimum_balance.as_ref().map(minimum).transpose();
    Ok(LimitsChange {
        minimum_balance: minimum_balance.map_err(|_: AmountError| Decline::BadLimits)?,
        transaction_max: read(&params.transaction_max)?,
        day_amount_max: read(&params.day_amount_max)?,
        day_count_max: params.day_count_max,
    })
}

async fn sessions(bank: &Bank, params: ListAccountsParams) -> Result<AccountPage, Error> {
    let limit = size(params.limit, LISTED_MAX).clamp(1, LISTED_MAX);
    let mut first = params.first.unwrap_or(0);
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
    currency: Option<CurrencyCode>,
    amount: Option<&String>,
    notes: Vec<NoteCount>,
) -> Result<Cash, Error> {
    let amount = read_some(amount)?;
    let currency = match currency {
        Some(currency) => currency,
        None => {
            let known = bank.terminals().await?.into_iter().find(|known| known.terminal == terminal);
            known.map_or(bank.policy().currency.into(), |known| known.currency)
        }
    };
    let currency = bank.policy().currency_of(currency).ok_or(Decline::NoSuchCurrency)?;
    Ok(Cash { currency, amount, notes })
}

async fn holds(bank: &Bank, params: &ListHoldsParams) -> Result<HoldPage, Error> {
    let account = params.account.as_deref().map(any).transpose()?;
    let limit = params.limit.map(|limit| size(Some(limit), LISTED_MAX));
    let query = HoldsQuery {
        account,
        terminal: params.terminal,
        state: params.state,
        before: params.before,
        after: params.after,
        limit,
    };
    bank.holds(query).await
}

/// Refuses a request that leaves an amount open which nothing else says.
fn says_how_much(request: &AdminRequest) -> Result<(), RpcError> {
    let (amount, notes) = match request {
        AdminRequest::ResolveHold(params) => return fits_step(params),
        AdminRequest::ListHolds(ListHoldsParams {
            state: Some(HoldState::Captured | HoldState::Voided),
            ..
        }) => {
            let over = "bad params: holds are listed that are authorised, ordered, suspect or disputed";
            return Err(RpcError::because(Code::BadParameters, over));
        }
        AdminRequest::AddAccount(new) if new.secret.is_some() == new.no_login.unwrap_or(false) => {
            let which = "bad params: an account is opened with a secret, or with no_login";
            return Err(RpcError::because(Code::BadParameters, which));
        }
        AdminRequest::AddAccount(new) if new.secret.is_none() && new.must_change.is_some() => {
            let nothing = "bad params: without a secret there is none to change";
            return Err(RpcError::because(Code::BadParameters, nothing));
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
        AdminRequest::Thaw(params) => {
            return if params.freeze.is_some() != params.all.unwrap_or(false) {
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
fn fits_step(params: &ResolveHoldParams) -> Result<(), RpcError> {
    let (all, unknown) = (params.all.unwrap_or(false), params.unknown.unwrap_or(false));
    let notes = params.notes.is_some() || params.undispensed_notes.is_some();
    let amounts = [params.amount.is_some(), all, unknown].into_iter().filter(|given| *given).count();
    let wrong = match params.resolution {
        HoldResolution::Capture if notes || unknown => {
            "bad params: a payment is captured without notes, undispensed_notes or unknown"
        }
        HoldResolution::Capture if amounts != 1 => "bad params: capture takes an amount, or all",
        HoldResolution::Dispensed if all && notes => {
            "bad params: all of it came out, so notes and undispensed_notes are left out"
        }
        HoldResolution::Dispensed if amounts != 1 => "bad params: dispensed takes an amount, all or unknown",
        HoldResolution::Void if amounts > 0 || notes => {
            "bad params: a hold is voided without amount, all, unknown, notes or undispensed_notes"
        }
        _ => return Ok(()),
    };
    Err(RpcError::because(Code::BadParameters, wrong))
}

async fn resolve(bank: &Bank, params: ResolveHoldParams, operator: Operator) -> Result<Settlement, Error> {
    let ResolveHoldParams { hold, resolution, amount, all, notes, undispensed_notes, reason, .. } = params;
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
    bank.resolve(hold, step, (operator, reason)).await
}

fn sum(line: &TrialBalance) -> CurrencyTotals {
    let written = |minor| total_text(minor, line.currency);
    let accounts = u64::try_from(line.accounts).unwrap_or(u64::MAX);
    CurrencyTotals {
        currency: line.currency.into(),
        accounts,
        debits: written(line.debits),
        credits: written(line.credits),
    }
}
