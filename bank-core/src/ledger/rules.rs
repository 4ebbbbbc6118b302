//! The function `decide`, which holds every bank rule: it hands each command to its family's file.

mod access;
mod cash;
mod correction;
mod dispute;
mod draft;
mod enquiry;
mod hold;
mod movement;
mod operation;
mod settle;
mod terminal;
mod transfer_batch;

pub use settle::elapsed;
pub use transfer_batch::TRANSFER_BATCH_MAX;

use crate::ledger::decision::DecideError;
use crate::ledger::{Command, Decision, Decline, Memo, View};
use crate::time::Timestamp;

/// Judges `command` on the state in `view` at the instant `now`, which never runs backwards
/// between the decisions of one store. Pure: the same arguments give the same decision.
///
/// An error is the view's: the state could not be read, nothing was decided.
pub fn decide<V: View>(view: &V, command: &Command, now: Timestamp) -> Result<Decision, V::Error> {
    if command.reason().is_some_and(Memo::is_blank) {
        return Ok(Decision { outcome: Err(Decline::ReasonNeeded), facts: Vec::new() });
    }
    let decision = match command {
        Command::Move { account, actor, transaction, amount, way } => {
            movement::decide(view, (*account, *actor), *transaction, *amount, way, now)
        }
        Command::ChargeTry { account } => access::charge_try(view, *account),
        Command::AskSecret { account } => access::ask_secret(view, account),
        Command::LogIn { account, session, proof } => {
            access::log_in(view, *account, *session, proof.as_ref(), now)
        }
        Command::ChangeSecret { account, session, proof, secret } => {
            access::change_secret(view, (*account, *session), proof.as_ref(), secret, now)
        }
        Command::LogOut { account, session } => access::log_out(view, *account, *session),
        Command::AskKey { terminal } => access::ask_key(view, terminal),
        Command::EnterTerminal { terminal, proof } => access::enter_terminal(view, terminal, proof.as_ref()),
        Command::Balance { account, actor, at } => enquiry::balance(view, (*account, *actor), *at, now),
        Command::Statement { account, actor, query } => {
            enquiry::statement(view, (*account, *actor), *query, now)
        }
        Command::Account { account } => enquiry::account(view, account, now),
        Command::Accounts { first, limit } => enquiry::accounts(view, *first, *limit, now),
        Command::Holds(query) => enquiry::holds(view, query),
        Command::PassTime => access::end_sessions(view, now),
        Command::Terminals { after, limit } => enquiry::terminals(view, after.as_ref(), *limit),
        Command::TransferBatch { actor, transfers, dry_run, operator } => {
            transfer_batch::decide(view, *actor, transfers, *dry_run, operator.as_ref(), now)
        }
        Command::Authorise { account, actor, hold, amount, purpose } => {
            hold::authorise(view, (*account, *actor), *hold, *amount, purpose, now)
        }
        Command::ActOnHold { hold, actor, step } => settle::act_on_hold(view, *hold, *actor, step, now),
        Command::Resolve { hold, step, adjustment, operator, reason } => {
            let note = operation::note(operator, reason, now);
            match view.dispute(*hold) {
                Ok(Some(dispute)) => dispute::resolve(view, dispute, step, *adjustment, note),
                Ok(None) => settle::resolve(view, *hold, step, note, now),
                Err(error) => Err(DecideError::Unreadable(error)),
            }
        }
        Command::Open(new) => operation::open(view, new, now),
        Command::SetStatus { account, status, operator, reason } => {
            operation::set_status(view, *account, *status, operation::note(operator, reason, now))
        }
        Command::SetLimits { account, limits, operator, reason } => {
            operation::set_limits(view, *account, limits, operation::note(operator, reason, now))
        }
        Command::Freeze { account, direction, operator, reason } => {
            operation::freeze(view, *account, *direction, operation::note(operator, reason, now))
        }
        Command::Thaw { account, freeze, operator, reason } => {
            operation::thaw(view, *account, *freeze, operation::note(operator, reason, now))
        }
        Command::SetSecret { account, secret, operator, reason } => {
            operation::set_secret(view, *account, secret, operation::note(operator, reason, now))
        }
        Command::Unlock { account, operator, reason } => {
            operation::unlock(view, *account, operation::note(operator, reason, now))
        }
        Command::EndSession { account, operator, reason } => {
            operation::end_session(view, *account, operation::note(operator, reason, now))
        }
        Command::AddTerminal { terminal, currency, key, instruction } => {
            terminal::add(view, terminal, (*currency, *key), instruction.as_ref(), now)
        }
        Command::ChangeKey { terminal, key, operator, reason } => {
            terminal::change_key(view, terminal, *key, operation::note(operator, reason, now))
        }
        Command::SetTerminal { terminal, enabled, operator, reason } => {
            terminal::set(view, terminal, *enabled, operation::note(operator, reason, now))
        }
        Command::Through { access, command } => match terminal::has_access(view, access) {
            Ok(()) => return decide(view, command, now),
            Err(halt) => Err(halt),
        },
        Command::Reverse { original, amount, transaction, operator, reason } => {
            correction::reverse(view, *original, *amount, *transaction, (operator, reason), now)
        }
        Command::Adjust { account, amount, transaction, operator, reason } => {
            correction::adjust(view, *account, *amount, *transaction, (operator, reason), now)
        }
        Command::Load { terminal, cash, transaction, instruction } => {
            cash::load(view, terminal, cash, *transaction, instruction.as_ref(), now)
        }
        Command::Unload { terminal, cash, transaction, operator, reason } => {
            cash::unload(view, terminal, cash, *transaction, (operator, reason), now)
        }
        Command::Count { terminal, counted, reject_bin, close } => {
            cash::count(view, terminal, (counted, reject_bin), close.as_ref(), now)
        }
    };
    match decision {
        Ok(decision) => Ok(decision),
        Err(DecideError::Declined(decline)) => Ok(Decision { outcome: Err(decline), facts: Vec::new() }),
        Err(DecideError::Unreadable(error)) => Err(error),
    }
}
