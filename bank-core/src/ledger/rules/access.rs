//! The rules of log-in, log-out, PIN tries and changes of a secret.

use crate::account::{Account, AccountId, Status, TerminalId};
use crate::auth::{ChosenSecret, Proof};
use crate::ledger::decision::DecideError;
use crate::ledger::view::{existing, find};
use crate::ledger::{Actor, Decision, Decline, Fact, Outcome, View};
use crate::session::{SessionEnd, SessionId};
use crate::time::Timestamp;

/// The account, if `session` holds it now and may act on it. What every command of a session asks
/// first.
pub(super) fn held<V: View>(
    view: &V,
    holder: (AccountId, SessionId),
    now: Timestamp,
) -> Result<&Account, DecideError<V::Error>> {
    let account = in_hand(view, holder, now)?;
    if account.must_change { Err(Decline::MustChangeSecret.into()) } else { Ok(account) }
}

/// The account, if the actor may do so: its holder, or the bank. With it the fact, if any, that
/// a session was used.
pub(super) fn open_to<V: View>(
    view: &V,
    (account, operator): (AccountId, Actor),
    now: Timestamp,
) -> Result<(&Account, Option<Fact>), DecideError<V::Error>> {
    match operator {
        Actor::Holder(holding, session) if holding == account => {
            let used = Fact::LeaseUsed { account, at: now };
            held(view, (account, session), now).map(|account| (account, Some(used)))
        }
        Actor::Bank => existing(view, &account).map(|account| (account, None)),
        Actor::Holder(..) | Actor::Terminal(_) => Err(Decline::SessionExpired.into()),
    }
}

fn in_hand<V: View>(
    view: &V,
    (account, session): (AccountId, SessionId),
    now: Timestamp,
) -> Result<&Account, DecideError<V::Error>> {
    find(view, &account)?
        .filter(|account| holder(view, account, now) == Some(session))
        .ok_or(DecideError::Declined(Decline::SessionExpired))
}

/// Who holds an account.
pub(super) fn holder<V: View>(view: &V, account: &Account, now: Timestamp) -> Option<SessionId> {
    account.lease.filter(|lease| lease.is_live(view.policy(), now)).map(|lease| lease.session)
}

pub(super) fn charge_try<V: View>(view: &V, account: AccountId) -> Result<Decision, DecideError<V::Error>> {
    let Some(Account { secret: Some(secret), tries, .. }) = find(view, &account)? else {
        return Ok(Decision::accepted(Outcome::Charged { secret: None }, Vec::new()));
    };
    if *tries >= view.policy().tries_max {
        return Err(Decline::Locked.into());
    }
    Ok(Decision::accepted(Outcome::Charged { secret: Some(*secret) }, vec![Fact::TryCharged { account }]))
}

pub(super) fn ask_secret<V: View>(view: &V, account: &AccountId) -> Result<Decision, DecideError<V::Error>> {
    let secret = find(view, account)?.and_then(|account| account.secret);
    Ok(Decision::accepted(Outcome::Charged { secret }, Vec::new()))
}

pub(super) fn log_in<V: View>(
    view: &V,
    id: AccountId,
    session: SessionId,
    proof: Option<&Proof>,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let account = find(view, &id)?.ok_or(Decline::BadCredentials)?;
    if !proves(proof, account) {
        return Err(wrong_secret(view, account).into());
    }
    let cleared = Fact::TriesCleared { account: id };
    if holder(view, account, now).is_some() {
        return Ok(Decision { outcome: Err(Decline::AccountInUse), facts: vec![cleared] });
    }
    if account.status == Status::Closed {
        return Ok(Decision { outcome: Err(Decline::Closed), facts: vec![cleared] });
    }
    let granted = Fact::LeaseGranted { account: id, session, at: now };
    let Account { currency, must_change, .. } = *account;
    Ok(Decision::accepted(Outcome::LoggedIn { currency, must_change }, vec![cleared, granted]))
}

pub(super) fn change_secret<V: View>(
    view: &V,
    holder: (AccountId, SessionId),
    proof: Option<&Proof>,
    secret: &ChosenSecret,
    now: Timestamp,
) -> Result<Decision, DecideError<V::Error>> {
    let account = in_hand(view, holder, now)?;
    let id = account.id;
    let secret = secret.replacing(&id).ok_or(Decline::WeakSecret)?;
    if !proves(proof, account) {
        let decline = wrong_secret(view, account);
        let end = (decline == Decline::Locked).then_some(Fact::LeaseEnded { account: id });
        let used = Fact::LeaseUsed { account: id, at: now };
        return Ok(Decision { outcome: Err(decline), facts: vec![end.unwrap_or(used)] });
    }
    let facts = vec![
        Fact::SecretChanged { account: id, secret, must_change: false },
        Fact::TriesCleared { account: id },
        Fact::LeaseUsed { account: id, at: now },
    ];
    Ok(Decision::accepted(Outcome::Done, facts))
}

pub(super) fn log_out<V: View>(
    view: &V,
    account: AccountId,
    session: SessionId,
) -> Result<Decision, DecideError<V::Error>> {
    let lease = find(view, &account)?.and_then(|account| account.lease);
    let holds = lease.is_some_and(|lease| lease.session == session);
    let facts = if holds { vec![Fact::LeaseEnded { account }] } else { Vec::new() };
    Ok(Decision::accepted(Outcome::Done, facts))
}

/// Ends the sessions whose time is over, so many at once.
pub(super) fn end_sessions<V: View>(view: &V, now: Timestamp) -> Result<Decision, DecideError<V::Error>> {
    const ENDED_AT_ONCE_MAX: usize = 1024;
    let policy = view.policy();
    let sessions = view.sessions().map_err(DecideError::Unreadable)?;
    let over = sessions.iter().filter_map(|account| {
        let lease = account.lease.filter(|lease| !lease.is_live(policy, now))?;
        Some(SessionEnd { account: account.id, session: lease.session, at: lease.ends(policy) })
    });
    let over: Vec<_> = over.take(ENDED_AT_ONCE_MAX).collect();
    let facts = over.iter().map(|end| Fact::LeaseEnded { account: end.account }).collect();
    Ok(Decision::accepted(Outcome::SessionsEnded(over), facts))
}

pub(super) fn ask_key<V: View>(view: &V, terminal: &TerminalId) -> Result<Decision, DecideError<V::Error>> {
    let terminal = view.terminal(terminal).map_err(DecideError::Unreadable)?;
    let outcome = Outcome::Charged { secret: terminal.and_then(|terminal| terminal.key) };
    Ok(Decision::accepted(outcome, Vec::new()))
}

pub(super) fn enter_terminal<V: View>(
    view: &V,
    terminal: &TerminalId,
    proof: Option<&Proof>,
) -> Result<Decision, DecideError<V::Error>> {
    let terminal = view.terminal(terminal).map_err(DecideError::Unreadable)?;
    let key = terminal.and_then(|terminal| terminal.key);
    let proven = key.is_some_and(|key| proof.is_some_and(|proof| proof.opens(Some(&key))));
    if proven { Ok(Decision::accepted(Outcome::Done, Vec::new())) } else { Err(Decline::BadTerminal.into()) }
}

fn proves(proof: Option<&Proof>, account: &Account) -> bool {
    proof.is_some_and(|proof| proof.opens(account.secret.as_ref()))
}

fn wrong_secret<V: View>(view: &V, account: &Account) -> Decline {
    if account.tries >= view.policy().tries_max { Decline::Locked } else { Decline::BadCredentials }
}
